// The way to the relay, from its name to an access token, and whether we may publish.

import { isIP } from 'node:net';
import { silentLogger } from '../../../runtime/logger.ts';
import { proxyObjectOf, readProxyObjectRow } from '../../publisher/proxy-object.ts';
import { CertificateStore } from '../../trust/certificates/certificate-store.ts';
import { RelayAccess } from '../../trust/relay/relay-access.ts';
import { RelayClock } from '../../trust/relay/relay-clock.ts';
import { notConnected, type RelayFailure } from '../../trust/relay/relay-failure.ts';
import { trustedAuthorities } from '../../trust/relay/relay-http.ts';
import { fetchRelayMetadata } from '../../trust/relay/relay-metadata.ts';
import { readRelayPin } from '../../trust/relay/relay-pin.ts';
import { identityChange, skewFailure } from '../../trust/relay/relay-trust.ts';
import { type Check, checkTimeoutMs, type Finding, failed, ok, warning } from './check.ts';
import type { Examination } from './examination.ts';
import { utc } from './machine-checks.ts';

const day = 86_400_000;
/** A relay renews its TLS certificate earlier than this. */
const tlsSoonMs = 14 * day;
const certificateSoonMs = 30 * day;
/** More than networks explain, less than what fails. */
const slightSkewMs = 30_000;

export function relayChecks(examination: Examination): Check[] {
  const { config, clock, random, network, http, parts } = examination;
  const relayClock = new RelayClock({ clock });
  const { timeout } = config.relay;
  const timeoutMs = Math.min(timeout, checkTimeoutMs);
  const relayUrl = (): URL => new URL(examination.pin.get().issuer);
  const address = (): { host: string; port: number } => {
    const { hostname, port, protocol } = relayUrl();
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (protocol === 'https:' ? 443 : 80),
    };
  };

  const trust: Check = {
    name: 'trust',
    needs: ['database'],
    run: async () => {
      const pin = await readRelayPin({ db: examination.db.get() });
      if (pin?.enrolment === undefined) return failure(notConnected);
      examination.pin.fill({ ...pin, enrolment: pin.enrolment });
      return ok(`${pin.enrolment.organization} at ${pin.relayUrl}, since ${utc(pin.enrolment.connectedAt)}`);
    },
  };

  const name: Check = {
    name: 'relay name',
    needs: ['trust'],
    run: async () => {
      const { host } = address();
      if (isIP(host) !== 0) return ok(`${host} is an address`);
      try {
        return ok(`${host} is ${(await network.resolve(host)).join(', ')}`);
      } catch (error) {
        return failed(`the name ${host} cannot be resolved: ${codeOf(error)}`, 'mend DNS on this machine');
      }
    },
  };

  const connection: Check = {
    name: 'relay connection',
    needs: ['relay name'],
    run: async signal => {
      const { host, port } = address();
      try {
        await network.connect({ host, port }, signal);
        return ok(`${host}:${port} takes connections`);
      } catch (error) {
        return failed(
          `${host}:${port} takes no connection: ${codeOf(error)}`,
          'look at the firewall, and whether the relay runs; the proxy keeps trying',
        );
      }
    },
  };

  const tls: Check = {
    name: 'relay TLS',
    needs: ['relay connection'],
    run: async signal => {
      if (relayUrl().protocol === 'http:') {
        return warning('the relay is reached without TLS', 'only for demos and tests');
      }
      const { host, port } = address();
      const { fault, issuer, endsAt } = await network.handshake(
        { host, port, ca: trustedAuthorities(config.relay) },
        signal,
      );
      if (fault !== undefined) {
        return failed(
          `the certificate of ${host} (of ${issuer}) is not trusted: ${fault}`,
          'name its authority with relay.ca_file; compare this machine’s clock; if it expired, ask the relay’s operator',
        );
      }
      const detail = `trusted, of ${issuer}, until ${utc(endsAt)}`;
      if (endsAt - clock.now() < tlsSoonMs) return warning(detail, 'tell the relay’s operator to renew it');
      return ok(detail);
    },
  };

  const identity: Check = {
    name: 'relay identity',
    needs: ['relay TLS'],
    run: async signal => {
      const fetched = await fetchRelayMetadata(http, relayUrl(), { timeoutMs, signal });
      if (fetched.kind === 'failed') return failure(fetched.failure);
      const { metadata } = fetched;
      relayClock.observe(metadata.relayTime);
      examination.metadata.fill(metadata);
      const changed = identityChange(examination.pin.get(), metadata);
      return changed === undefined
        ? ok(`${metadata.issuer}, version ${metadata.version}, as it was pinned`)
        : failure(changed);
    },
  };

  const time: Check = {
    name: 'clock',
    needs: ['relay identity'],
    run: async () => {
      const skewMs = relayClock.skewMs ?? 0;
      if (relayClock.skewed) return failure(skewFailure(skewMs, clock.now()));
      const detail = `${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead of' : 'behind'} the relay's`;
      return Math.abs(skewMs) > slightSkewMs
        ? warning(detail, 'synchronize this machine’s clock (NTP)')
        : ok(detail);
    },
  };

  const certificate: Check = {
    name: 'certificate',
    needs: ['key file', 'trust'],
    run: async () => {
      const store = new CertificateStore({
        db: examination.db.get(),
        secrets: examination.secrets.get(),
        clock,
      });
      const key = await store.current(); // throws what is wrong with it
      if (key === undefined) return failed('no certificate is current', 'run "mailbadge proxy trust set-up"');
      const { thumbprint, notAfter, registeredAt, credentialEndsAt } = key.certificate;
      if (registeredAt === null) {
        return failed(`the relay does not know ${thumbprint}`, 'run "mailbadge proxy trust connect"');
      }
      const endsAt = Math.min(notAfter, credentialEndsAt ?? notAfter);
      if (endsAt <= clock.now()) {
        return failed(
          `the key credential of ${thumbprint} ended at ${utc(endsAt)}`,
          'run "mailbadge proxy trust set-up --new-certificate", then "mailbadge proxy trust connect"',
        );
      }
      const { organization } = examination.pin.get().enrolment;
      const next = (await store.list(organization)).usable.some(
        ({ certificate: { role, registeredAt } }) => role === 'next' && registeredAt !== null,
      );
      const detail = `${thumbprint}, registered, until ${utc(endsAt)}${next ? ', and another is to follow' : ''}`;
      if (!next && endsAt - clock.now() < certificateSoonMs) {
        return warning(detail, 'run "mailbadge proxy trust certificate stage": no other follows by itself');
      }
      return ok(detail);
    },
  };

  const token: Check = {
    name: 'access token',
    needs: ['relay identity', 'clock', 'certificate'],
    run: async () => {
      const { rsa_algorithm: rsaAlgorithm } = config.trust;
      const access = parts.use(
        new RelayAccess({
          ...{ clock, random, http, timeoutMs, rsaAlgorithm, logger: silentLogger },
          db: examination.db.get(),
          secrets: examination.secrets.get(),
        }),
      );
      await access.start();
      const answer = await access.authorize();
      return answer.kind === 'failed' ? failure(answer.failure) : ok('the relay gives one');
    },
  };

  const enabled: Check = {
    name: 'publishing',
    needs: ['database'],
    run: async () => {
      const db = examination.db.get();
      const row = await readProxyObjectRow(db);
      if (row?.enabled !== 1) {
        const since = row === undefined ? 'it never was enabled' : `since ${utc(row.changed_at)}`;
        return failed(`the proxy is disabled: ${since}`, 'run "mailbadge proxy enable"');
      }
      const object = proxyObjectOf(row, await readRelayPin({ db }), { hostName: '' });
      return object.isValid
        ? ok(`enabled for ${object.organization}`)
        : failed(`enabled, but not valid: ${object.invalidReason}`, 'run "mailbadge proxy enable" again');
    },
  };

  return [trust, name, connection, tls, identity, time, certificate, token, enabled];
}

function failure({ message, hint }: RelayFailure): Finding {
  return failed(message, hint);
}

export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
