// With what the proxy proves itself to the relay, and whom it believes; every expiry.

import type { Trust } from '../../../../src/contract/console/proxy-console.ts';
import { Facts } from '../../../look/facts.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant, useNow, useNumber } from '../../../look/instant.tsx';
import { useLookText } from '../../../look/locale.tsx';
import { Empty, Notice, Panel, Pill, type Tone } from '../../../look/panel.tsx';
import { type Column, Table } from '../../../look/table.tsx';
import { Loaded } from '../../failure.tsx';
import { useResource } from '../../resource.ts';
import { useApi } from '../proxy-api.ts';
import { useText } from '../text.ts';

type Certificate = Trust['certificates'][number];
type AuthServer = Trust['authServers'][number];

export function TrustPage() {
  const api = useApi();
  const text = useText().trust;
  const trust = useResource('trust', api.trust);
  return (
    <>
      <PageTitle title={text.title} lead={text.lead} />
      <Loaded resource={trust}>
        {data => (
          <>
            <Connection trust={data} />
            <Panel title={text.certificates}>
              {data.certificates.length === 0 ? (
                <Empty>{text.noCertificates}</Empty>
              ) : (
                <CertificateTable certificates={data.certificates} />
              )}
            </Panel>
            <Panel title={text.authServers}>
              {data.authServers.length === 0 ? (
                <Empty>{text.noAuthServers}</Empty>
              ) : (
                <AuthServerTable authServers={data.authServers} />
              )}
            </Panel>
          </>
        )}
      </Loaded>
    </>
  );
}

function Connection({ trust }: { trust: Trust }) {
  const text = useText().trust;
  return (
    <Panel title={text.connection}>
      {trust.failure === null ? (
        <p>
          <Pill tone="good">{text.works}</Pill>
        </p>
      ) : (
        <Notice kind="bad">
          <p>
            <strong>{trust.failure.message}</strong>
          </p>
          {trust.failure.hint !== null && <p>{trust.failure.hint}</p>}
        </Notice>
      )}
      <Facts
        facts={[
          [text.organization, trust.organization],
          [text.relay, trust.relayUrl],
          [text.realm, trust.realm && <code key="realm">{trust.realm}</code>],
          [text.applicationId, trust.applicationId && <code key="id">{trust.applicationId}</code>],
          [text.connected, <Instant key="connected" at={trust.connectedAt} />],
          trust.clockAheadMs !== null && [text.clock, <Clock key="clock" aheadMs={trust.clockAheadMs} />],
        ]}
      />
    </Panel>
  );
}

/** A second or two is the network's doing. */
const notableMs = 2000;

function Clock({ aheadMs }: { aheadMs: number }) {
  const text = useText().trust;
  const number = useNumber();
  if (Math.abs(aheadMs) < notableMs) return <>{text.clockRight}</>;
  const seconds = number(Math.round(Math.abs(aheadMs) / 1000));
  return <Pill tone="warn">{aheadMs > 0 ? text.clockAhead(seconds) : text.clockBehind(seconds)}</Pill>;
}

const roleTones: Record<NonNullable<Certificate['role']>, Tone | undefined> = {
  current: 'good',
  next: 'accent',
  previous: undefined,
};

/** A proxy renews by itself 60 days ahead: what is closer than 30 needs somebody. */
const soonMs = 30 * 24 * 60 * 60_000;

function CertificateTable({ certificates }: { certificates: Certificate[] }) {
  const text = useText().trust;
  const look = useLookText();
  const now = useNow();
  const columns: Column<Certificate>[] = [
    {
      title: text.certificate,
      cell: row => (
        <>
          <code>{row.thumbprint}</code>
          <br />
          <span class="muted small">{row.subject}</span>
          {row.fault !== null && <Notice kind="bad">{row.fault}</Notice>}
        </>
      ),
    },
    {
      title: text.role,
      cell: row => (
        <>
          <Pill tone={row.role === null ? undefined : roleTones[row.role]}>
            {row.role === null ? text.noRole : text.roles[row.role]}
          </Pill>
          {row.effectiveAt !== null && row.role === 'next' && (
            <>
              <br />
              {text.effective} <Instant at={row.effectiveAt} />
            </>
          )}
        </>
      ),
    },
    {
      title: text.valid,
      cell: row => (
        <>
          <Instant at={row.notBefore} />
          {text.until} <Expiry at={row.notAfter} soon={row.notAfter - now < soonMs} />
        </>
      ),
    },
    { title: text.registered, cell: row => <Instant at={row.registeredAt} absent={text.notRegistered} /> },
    {
      title: text.credentialEnds,
      cell: row =>
        row.credentialEndsAt === null ? (
          look.none
        ) : (
          <Expiry at={row.credentialEndsAt} soon={row.credentialEndsAt - now < soonMs} />
        ),
    },
  ];
  return (
    <Table caption={text.certificates} columns={columns} rows={certificates} rowKey={row => row.keyId} />
  );
}

function Expiry({ at, soon }: { at: number; soon: boolean }) {
  return soon ? (
    <strong>
      <Instant at={at} />
    </strong>
  ) : (
    <Instant at={at} />
  );
}

function AuthServerTable({ authServers }: { authServers: AuthServer[] }) {
  const text = useText().trust;
  const look = useLookText();
  const columns: Column<AuthServer>[] = [
    {
      title: text.name,
      cell: row => (
        <>
          {row.name} {row.isDefault && <Pill tone="good">{text.isDefault}</Pill>}
        </>
      ),
    },
    { title: text.issuer, cell: row => <code>{row.issuer}</code> },
    { title: text.realm, cell: row => (row.realm === null ? look.none : <code>{row.realm}</code>) },
    { title: text.tokenEndpoint, cell: row => <code>{row.tokenEndpoint}</code> },
    { title: text.refreshed, cell: row => <Instant at={row.refreshedAt} /> },
  ];
  return <Table caption={text.authServers} columns={columns} rows={authServers} rowKey={row => row.name} />;
}
