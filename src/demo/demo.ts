// The whole system with a mailbox and a phone, for a person to play with (demo-page.ts) or to run by itself (once.ts).

import { createTransport } from 'nodemailer';
import { SystemClock } from '../runtime/clock.ts';
import { systemRandom } from '../runtime/random.ts';
import { MailServerSimulator } from '../simulators/mail-server/mail-server-simulator.ts';
import { BadgeTrail } from './badge-trail.ts';
import type { DemoActions, DemoWatch } from './demo-page.ts';
import { type Phone, setUpPhone } from './demo-phone.ts';
import type { DemoState } from './demo-view.ts';
import { SimulatedSource } from './simulated-source.ts';
import { demoOrganization, type System, startSystem } from './system.ts';

export type Demo = AsyncDisposable & {
  system: System;
  phone: Phone;
  mailbox: string;
  smtp: { host: string; port: number };
  /** Where a person signs in to the mailbox with a browser of their own. */
  webApp: { url: string; password: string };
  watch: DemoWatch;
  actions: DemoActions;
};

export async function startDemo({ folder, smtpPort }: { folder: string; smtpPort: number }): Promise<Demo> {
  await using parts = new AsyncDisposableStack();
  const clock = new SystemClock();
  const mailbox = `anna@${demoOrganization}`;
  const password = systemRandom.bytes(6).toString('base64url'); // short: a person types it into the web app
  const listen = { host: '127.0.0.1', port: smtpPort };
  const mailServer = parts.use(await MailServerSimulator.start({ domain: demoOrganization, listen, clock }));
  const { mailboxes } = mailServer;
  mailboxes.open(mailbox, { password });

  const source = new SimulatedSource({ mailboxes, clock, random: systemRandom });
  const system = parts.use(await startSystem({ folder, source }));
  const phone = await setUpPhone(system, { user: mailbox, password });

  const trail = new BadgeTrail({ now: () => clock.now() });
  parts.use(system.proxy.events.listen(event => trail.fromProxy(event)));
  parts.use(phone.onEvent(event => trail.fromPhone(event)));

  const smtp = { host: listen.host, port: mailServer.port };
  const transport = createTransport({ ...smtp, ignoreTLS: true, name: 'demo.localhost' });
  parts.defer(() => transport.close());
  const webApp = { url: `${system.proxyUrl}/app/`, password };
  const state = (): DemoState => ({
    address: mailbox,
    webApp,
    swaks: `swaks --server ${smtp.host}:${smtp.port} --to ${mailbox}`,
    unseen: mailboxes.status(mailbox)?.unseen ?? 0,
    icons: phone.icons.map(({ badge, ...icon }) => ({ ...icon, badge: badge() })),
    messages: mailboxes.list(mailbox).map(({ uid, from, subject, seen }) => ({ uid, from, subject, seen })),
  });
  const owned = parts.move();
  return {
    system,
    phone,
    mailbox,
    smtp,
    webApp,
    watch: {
      state,
      steps: () => trail.steps,
      onStep: callback => trail.onStep(callback),
      onState(callback) {
        const changed = (): void => callback(state());
        const stack = new DisposableStack();
        stack.use(mailboxes.onChange(changed));
        stack.use(phone.onEvent(changed));
        return stack;
      },
    },
    actions: {
      async send({ from, subject }) {
        await transport.sendMail({ from, to: mailbox, subject, text: subject });
      },
      markRead: uid => mailboxes.setSeen(mailbox, uid, true),
      markUnread: uid => mailboxes.setSeen(mailbox, uid, false),
      delete: uid => mailboxes.delete(mailbox, uid),
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
