// What the device API asks of the relay, and how a relay's refusal is told to a device: what the device can mend
// keeps its code; everything else is between this proxy and its relay, and the device can only try again. A relay
// that refuses the *proxy* must never look like an ended session.

import type { RelayMetadata } from '../../../contract/relay-metadata.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { DescribeTarget } from '../../trust/relay/describe-target.ts';
import type { SignedTicket } from '../../trust/relay/registration-ticket.ts';
import type { RelayFailure } from '../../trust/relay/relay-failure.ts';

export type RelayForDevices = {
  /** Undefined while this proxy is not connected to a relay. */
  apps(): RelayMetadata['apps'] | undefined;
  /** Where devices register; undefined while this proxy is not connected. */
  url(): string | undefined;
  signTicket(request: { appId: string; installationId: string }): Promise<SignedTicket>;
  describeTarget: DescribeTarget;
};

/** The relay could not be asked. */
export function relayAway({ code, message, retryAfterMs }: RelayFailure): AppError {
  const cause = new AppError(code, message);
  return code === 'relay-not-connected'
    ? new AppError(code, 'this proxy is not connected to a relay yet', {
        hint: 'ask the administrator of your mail server',
        cause,
      })
    : new AppError('relay-unreachable', 'the relay cannot be asked at the moment', {
        hint: 'try again later; badges that are set up keep working once the relay is back',
        cause,
        retryAfterMs: retryAfterMs ?? 5000,
      });
}

/** The relay refuses what the device gave. */
export function refusedByRelay({ code, message }: RelayFailure): AppError {
  return new AppError(code, message, { hint: 'register at the relay again with a new ticket' });
}
