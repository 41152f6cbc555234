// `mailbadge relay …`: runs the service, and administers its database, with or without the service running.

import type { Command } from 'commander';
import { addRelayAdministrator } from './relay-administrator.ts';
import { addRelayAudit } from './relay-audit.ts';
import { addRelayConfig } from './relay-config.ts';
import { addRelayCredential } from './relay-credential.ts';
import { addRelayKey } from './relay-key.ts';
import { addRelayOrganization } from './relay-organization.ts';
import { addRelayServe } from './relay-serve.ts';
import { addRelayStatus } from './relay-status.ts';
import { addRelayTarget } from './relay-target.ts';
import { addRelayTripwire } from './relay-tripwire.ts';

export function addRelayCommands(relay: Command): void {
  addRelayServe(relay);
  addRelayConfig(relay);
  addRelayStatus(relay);
  addRelayOrganization(relay);
  addRelayAdministrator(relay);
  addRelayCredential(relay);
  addRelayTarget(relay);
  addRelayTripwire(relay);
  addRelayKey(relay);
  addRelayAudit(relay);
}
