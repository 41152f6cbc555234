// A probe through to a device: makes its icon due once more, with the badge that it has, and waits until the
// publisher heard what became of it. What the device shows does not change.

import type { Kysely } from 'kysely';
import type { Clock } from '../../runtime/clock.ts';
import type { ProxySchema } from '../database/schema.ts';
import type { ProxyEvents } from '../events.ts';
import type { ProbeFailure } from './probe-outcome.ts';

/** Pushes to one icon are coalesced (2 s each once five went), and visible ones go once a minute at most. */
const longestMs = 75_000;

export function badgeRepeater({
  db,
  clock,
  events,
  wakePublisher,
}: {
  db: Kysely<ProxySchema>;
  clock: Clock;
  events: Pick<ProxyEvents, 'listen'>;
  wakePublisher(): void;
}) {
  return async (iconId: string, { signal }: { signal: AbortSignal }): Promise<string | ProbeFailure> => {
    const { promise, resolve } = Promise.withResolvers<string | ProbeFailure>();
    const remedy = `see "mailbadge proxy why ${iconId}"`;
    const failed = (failureClass: ProbeFailure['failureClass'], error: string, exception: string): void =>
      resolve({ failureClass, error, exception, remedy });
    using _listening = events.listen(event => {
      if (event.kind !== 'badge-outcome' || event.iconId !== iconId) return;
      switch (event.outcome) {
        case 'accepted':
          resolve(`badge ${event.badge} accepted by ${event.provider} as ${event.providerId}`);
          break;
        case 'rejected':
          failed('PushNotifications', `${event.provider} rejects the device: ${event.reason}`, event.reason);
          break;
        case 'deferred':
          failed('PushNotifications', `not delivered yet: ${event.reason}`, event.reason);
          break;
        case 'unknown':
          failed('Networking', 'nobody knows whether the provider got it', 'outcome-unknown');
          break;
      }
    });
    const asked = await db
      .updateTable('icon')
      .set({ shown: null })
      .where('id', '=', iconId)
      .where('ended_at', 'is', null)
      .where('paused_at', 'is', null)
      .where('wanted', 'is not', null)
      .executeTakeFirst();
    if (asked.numUpdatedRows === 0n) {
      failed(
        'PushNotifications',
        `there is no icon ${iconId} to publish to, or it is paused`,
        'icon-not-found',
      );
    }
    wakePublisher();
    const giveUp = (): void => failed('Unknown', 'no answer for the device in time', 'probe-failed');
    const timer = clock.after(longestMs, giveUp, { background: true });
    signal.addEventListener('abort', giveUp, { once: true });
    const result = await promise;
    timer.cancel();
    signal.removeEventListener('abort', giveUp);
    return result;
  };
}
