// mailbadge simulate …: the stand-ins, usable alone.

import type { Command } from 'commander';
import { addSimulateApns } from './simulate/apns.ts';
import { addSimulateFcm } from './simulate/fcm.ts';
import { addSimulateMailServer } from './simulate/mail-server.ts';
import { addSimulateWebPush } from './simulate/webpush.ts';

export function addSimulateCommands(simulate: Command): void {
  addSimulateApns(simulate);
  addSimulateFcm(simulate);
  addSimulateMailServer(simulate);
  addSimulateWebPush(simulate);
}
