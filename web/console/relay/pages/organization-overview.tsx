// An organization's first part: facts, proof of the domain, settings, and the grave acts with what each of them means.

import { useState } from 'preact/hooks';
import type { OrganizationView } from '../../../../src/contract/console/relay-console.ts';
import { CodeBox } from '../../../look/code.tsx';
import { Facts } from '../../../look/facts.tsx';
import { Instant, useNumber } from '../../../look/instant.tsx';
import { Panel, Pill, type Tone } from '../../../look/panel.tsx';
import { announce } from '../../../look/toasts.tsx';
import { Failure } from '../../failure.tsx';
import { useAction } from '../../resource.ts';
import { type OrganizationAct, OrganizationActDialog } from '../parts/organization-acts.tsx';
import type { OrganizationDetail } from '../relay-api.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

type OverviewProps = {
  detail: OrganizationDetail;
  /** With the organization as it is after an act. */
  onChanged(organization: OrganizationView): void;
};

export function OrganizationOverview({ detail, onChanged }: OverviewProps) {
  const { organization } = detail;
  const [act, setAct] = useState<OrganizationAct>();
  return (
    <>
      <div class="columns">
        <FactsPanel organization={organization} onAct={setAct} />
        <DomainPanel organization={organization} onChanged={onChanged} />
        <SettingsPanel organization={organization} onAct={setAct} />
        <GravePanel organization={organization} onAct={setAct} />
      </div>
      {act && (
        <OrganizationActDialog
          act={act}
          organization={organization}
          onChanged={onChanged}
          onClose={() => setAct(undefined)}
        />
      )}
    </>
  );
}

type PartProps = { organization: OrganizationView; onAct(act: OrganizationAct): void };

function FactsPanel({ organization, onAct }: PartProps) {
  const text = useText().organization;
  return (
    <Panel
      title={text.facts}
      actions={
        <button type="button" class="button compact" onClick={() => onAct('edit')}>
          {text.edit}
        </button>
      }
    >
      <Facts
        facts={[
          [text.name, organization.name],
          [text.domain, organization.domain],
          [text.contact, organization.contact],
          [text.created, <Instant key="created" at={organization.createdAt} />],
          [text.proxyVersion, organization.proxyVersion],
          [text.lastUsed, <Instant key="used" at={organization.lastUsedAt} />],
          organization.deactivatedReason !== null && [text.deactivatedReason, organization.deactivatedReason],
        ]}
      />
    </Panel>
  );
}

const proofTones: Record<OrganizationView['domainProof']['state'], Tone> = {
  operator: 'accent',
  proved: 'good',
  missing: 'warn',
};

type DomainProps = { organization: OrganizationView; onChanged(organization: OrganizationView): void };

function DomainPanel({ organization, onChanged }: DomainProps) {
  const { api } = useSession();
  const text = useText().organization;
  const { state, record, checkedAt, missingSince } = organization.domainProof;
  const checking = useAction(async () => {
    const checked = await api.checkDomain(organization.id);
    onChanged(checked);
    announce(checked.domainProof.state === 'missing' ? text.domainMissing : text.domainFound);
  });
  return (
    <Panel
      title={text.domainProof}
      actions={
        record && (
          <button
            type="button"
            class="button compact"
            aria-disabled={checking.busy}
            onClick={() => checking.run()}
          >
            {text.checkDomain}
          </button>
        )
      }
    >
      <p>
        <Pill tone={proofTones[state]}>{text.domainStates[state]}</Pill>
      </p>
      {record && (
        <>
          <p class="muted small">{text.domainRecord}</p>
          <CodeBox code={record.name} label={text.domainRecord} />
          <CodeBox code={record.value} label={text.domainRecord} />
          <Facts
            facts={[
              [text.checked, <Instant key="checked" at={checkedAt} />],
              missingSince !== null && [text.missingSince, <Instant key="missing" at={missingSince} />],
            ]}
          />
        </>
      )}
      {checking.problem && <Failure problem={checking.problem} />}
    </Panel>
  );
}

function SettingsPanel({ organization, onAct }: PartProps) {
  const text = useText().organization;
  const number = useNumber();
  const { me } = useSession();
  const { quotaPerSecond, defaultQuotaPerSecond, directTrust } = organization;
  return (
    <Panel title={text.settings}>
      <Facts
        facts={[
          [
            text.quota,
            <span class="actions" key="quota">
              {quotaPerSecond === null
                ? text.quotaDefault(number(defaultQuotaPerSecond))
                : text.quotaValue(number(quotaPerSecond))}
              {me.role === 'operator' && (
                <button type="button" class="button compact" onClick={() => onAct('quota')}>
                  {text.change}
                </button>
              )}
            </span>,
          ],
          [
            text.directTrust,
            <span class="actions" key="trust">
              {directTrust ? text.directTrustOn : text.directTrustOff}
              <button type="button" class="button compact" onClick={() => onAct('direct-trust')}>
                {directTrust ? text.directTrustDisable : text.directTrustEnable}
              </button>
            </span>,
          ],
        ]}
      />
      <p class="muted small">{text.directTrustLead}</p>
    </Panel>
  );
}

function GravePanel({ organization, onAct }: PartProps) {
  const text = useText().organization;
  const number = useNumber();
  const { me } = useSession();
  return (
    <Panel title={text.grave}>
      <Facts
        facts={[
          // The epoch starts at 1 and rises with each revocation.
          [text.sealEpoch, organization.sealEpoch <= 1 ? number(0) : text.times(organization.sealEpoch - 1)],
        ]}
      />
      <div class="actions">
        {me.role === 'operator' &&
          (organization.active ? (
            <button type="button" class="button danger" onClick={() => onAct('deactivate')}>
              {text.deactivate}
            </button>
          ) : (
            <button type="button" class="button" onClick={() => onAct('reactivate')}>
              {text.reactivate}
            </button>
          ))}
        <button type="button" class="button danger" onClick={() => onAct('revoke-targets')}>
          {text.revokeTargets}
        </button>
      </div>
    </Panel>
  );
}
