// What every part of administration works with: the database of a relay, and who acts on it.

import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Actor } from '../administrators/audit-log.ts';
import type { Passwords } from '../administrators/password.ts';
import type { RelayConfig } from '../config.ts';
import type { RelaySchema } from '../database/schema.ts';
import type { LookUpTxt } from '../organizations/domain-proof.ts';

export type AdministrationContext = {
  db: Kysely<RelaySchema>;
  config: Pick<
    RelayConfig,
    'key_file' | 'domain_grace' | 'issuer' | 'minimum_proxy_version' | 'tls' | 'apps'
  >;
  clock: Clock;
  random: Random;
  actor: Actor;
  passwords: Passwords;
  lookUpTxt: LookUpTxt;
};
