// The simulated mail server, spoken to by nodemailer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTransport } from 'nodemailer';
import { SystemClock } from '../../src/runtime/clock.ts';
import { MailServerSimulator } from '../../src/simulators/mail-server/mail-server-simulator.ts';

const anna = 'anna@fabrikam.com';

async function withServer(
  work: (server: MailServerSimulator, send: (message: object) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  await using server = await MailServerSimulator.start({
    domain: 'Fabrikam.com',
    listen: { host: '127.0.0.1', port: 0 },
    clock: new SystemClock(),
  });
  const transport = createTransport({ host: '127.0.0.1', port: server.port, ignoreTLS: true });
  try {
    await work(server, message => transport.sendMail({ from: 'ben@contoso.com', text: 'hello', ...message }));
  } finally {
    transport.close();
  }
}

test('mail to any local part of the domain is in its mailbox, unseen, when SMTP accepts it', async () => {
  await withServer(async ({ mailboxes }, send) => {
    await send({ to: 'Anna@FABRIKAM.com', subject: '你好 <script>' });
    assert.equal(mailboxes.status(anna)?.unseen, 1);
    const [message] = mailboxes.list(anna);
    assert.equal(message?.subject, '你好 <script>');
    assert.equal(message?.from, 'ben@contoso.com');
  });
});

test('one message to several recipients is one message in each mailbox', async () => {
  await withServer(async ({ mailboxes }, send) => {
    await send({ to: [anna, anna, 'ben@fabrikam.com'], subject: 'both' });
    assert.equal(mailboxes.status(anna)?.unseen, 1);
    assert.equal(mailboxes.status('ben@fabrikam.com')?.unseen, 1);
  });
});

test('mail for other domains and mail that is too large is refused', async () => {
  await withServer(async ({ mailboxes }, send) => {
    await assert.rejects(send({ to: 'x@contoso.com' }), { responseCode: 550 });
    await assert.rejects(send({ to: 'x@evil-fabrikam.com' }), { responseCode: 550 });
    await assert.rejects(send({ to: anna, text: 'x'.repeat(2 * 1024 * 1024) }), { responseCode: 552 });
    assert.deepEqual(mailboxes.list(anna), []);
  });
});
