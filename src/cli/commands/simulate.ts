// mailbadge simulate …: the stand-ins, usable alone.

import type { Command } from 'commander';
import { addSimulateWebPush } from './simulate-webpush.ts';

export function addSimulateCommands(simulate: Command): void {
  addSimulateWebPush(simulate);
}
