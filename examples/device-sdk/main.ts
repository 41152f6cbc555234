// Turns a mailbox's badge on, on a simulated phone, and tells what arrives there. A line on stdin is what the person
// does: `open` the app, `look` at the inbox, `renew`, or turn it `off`; the end of stdin turns it off, too.

import { randomBytes } from 'node:crypto';
import { env, stdin } from 'node:process';
import { createInterface } from 'node:readline';
import { DeviceError } from 'mailbadge/device/error';
import { wordsFor } from './error-words.ts';
import { MailBadge } from './mail-badge.ts';
import { SimulatedPhone } from './simulated-phone.ts';

const {
  PROXY: proxyUrl = '',
  PHONE: url = '',
  APP: appId = '',
  NAME: user = '',
  PASSWORD: password = '',
} = env;

const phone = new SimulatedPhone({ url, appId });
const kept = { installationId: randomBytes(16).toString('base64url') };
const badge = new MailBadge({ proxyUrl, appId, phone, kept });
const leaving = new AbortController();

await told(async () => {
  tell(`signed in to ${await badge.signIn(user, password, 'Example')}`);
  await badge.turnOn();
  tell('the badge is on');
  const watching = watch();
  for await (const line of createInterface({ input: stdin })) {
    if (line === 'off') break;
    await told(() => act(line));
  }
  await badge.turnOff();
  await badge.signOut();
  tell('the badge is off');
  leaving.abort();
  await watching;
});
stdin.destroy(); // nobody reads on: the program ends

async function act(line: string): Promise<void> {
  if (line === 'open') tell(`opened: ${await badge.opened(await phone.badge())}`);
  else if (line === 'look') tell(`looked at: ${await badge.viewed()}`);
  else if (line === 'renew') tell((await badge.renewIfDue(Number.MAX_SAFE_INTEGER)) ? 'renewed' : 'not due');
  else tell('open, look, renew or off?');
}

async function watch(): Promise<void> {
  for await (const { aps, mailbadge } of phone.pushes(leaving.signal)) {
    const preview = mailbadge?.preview === undefined ? undefined : await badge.preview(mailbadge.preview);
    tell(`badge ${aps.badge}${preview === undefined ? '' : `, ${preview}`}`);
  }
}

/** Each failure of a service is told in words; anything else is a mistake in this program. */
async function told(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    tell(`${error.code}: ${wordsFor(error)}`);
    process.exitCode = 1;
  }
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
