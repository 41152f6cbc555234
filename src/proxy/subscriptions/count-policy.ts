// What a mailbox adds to the badge of one subscription. A further policy (`since-viewed`) is a further case here and
// whatever column of the subscription it needs.

import type { CountPolicy } from '../../contract/devices.ts';

export function countFor(policy: CountPolicy, { unseen }: { unseen: number }): number {
  switch (policy) {
    case 'unseen':
      return unseen;
  }
}
