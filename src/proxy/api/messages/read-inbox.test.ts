import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InboxReading } from '../../unseen/inbox-reader.ts';
import { readInbox } from './read-inbox.ts';

const { signal } = new AbortController();

function read(reading: InboxReading, { needsPassword = true } = {}) {
  const inbox = { read: async () => reading };
  return readInbox({ inbox, source: { needsPassword } }, 'anna', { look: { newest: 1 }, signal });
}

test('what cannot be read is told by what the person can do about it', async () => {
  const failed = (outcome: 'gone' | 'refused' | 'unreachable') => ({
    outcome,
    detail: 'imap.internal:993 said no',
  });
  const cases = [
    [failed('unreachable'), true, 'mail-server-unreachable'],
    [failed('gone'), true, 'mailbox-unknown'],
    [failed('refused'), true, 'session-invalid'],
    // Signing in again would not help: it is the proxy's own credential that is refused.
    [failed('refused'), false, 'mail-server-unreachable'],
  ] as const;
  for (const [reading, needsPassword, code] of cases) {
    await assert.rejects(
      read(reading, { needsPassword }),
      (error: { code: string; message: string }) =>
        error.code === code && !error.message.includes('internal'),
    );
  }
});
