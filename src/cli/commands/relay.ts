// `mailbadge relay …`: runs the service, and administers its database, with or without the service running.

import type { Command } from 'commander';
import { addVerbs, type Verbs, type Wanted } from '../verbs.ts';

const verbs: Verbs = {
  serve: async () => (await import('./relay/serve.ts')).addRelayServe,
  config: async () => (await import('./relay/config.ts')).addRelayConfig,
  status: async () => (await import('./relay/status.ts')).addRelayStatus,
  organization: async () => (await import('./relay/organization.ts')).addRelayOrganization,
  administrator: async () => (await import('./relay/administrator.ts')).addRelayAdministrator,
  credential: async () => (await import('./relay/credential.ts')).addRelayCredential,
  target: async () => (await import('./relay/target.ts')).addRelayTarget,
  tripwire: async () => (await import('./relay/tripwire.ts')).addRelayTripwire,
  key: async () => (await import('./relay/key.ts')).addRelayKey,
  audit: async () => (await import('./relay/audit.ts')).addRelayAudit,
};

export function addRelayCommands(noun: Command, wanted: Wanted): Promise<void> {
  return addVerbs(noun, verbs, wanted);
}
