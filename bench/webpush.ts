// Encrypting and signing Web Push messages: what the proxy (RFC 8291) and the relay (VAPID) do for one, beside npm
// `web-push` doing both, and beside what OpenSSL itself takes for the curve. One process, one thread, no network;
// rounds are interleaved, figures are medians of processor time. Prints a section of Markdown.

import { execFileSync } from 'node:child_process';
import { diffieHellman, generateKeyPairSync } from 'node:crypto';
import webPush from 'web-push';
import { payloadEncryption } from '../src/proxy/publisher/payload-encryption.ts';
import { payloadSizes } from '../src/proxy/publisher/payload-sizes.ts';
import { SystemClock } from '../src/runtime/clock.ts';
import { systemRandom } from '../src/runtime/random.ts';
import { parseDeviceKeys, pointOf } from '../src/runtime/webpush/device-keys.ts';
import { encryptForDevice, newEphemeralKey } from '../src/runtime/webpush/encrypt.ts';
import { EphemeralKeys } from '../src/runtime/webpush/ephemeral-keys.ts';
import { createVapidSigner } from '../src/runtime/webpush/vapid.ts';

const rounds = 9;
const messages = 500;
const repetitions = 300;
const refillWithinMs = 30_000;

const clock = new SystemClock();
const subject = 'mailto:push@fabrikam.com';
const origins = ['https://fcm.googleapis.com', 'https://updates.push.services.mozilla.com'];
const devices = Array.from({ length: messages }, (_, index) => ({
  endpoint: `${origins[index % origins.length]}/send/${index}`,
  keys: {
    p256dh: newEphemeralKey().point.toString('base64url'),
    auth: systemRandom.bytes(16).toString('base64url'),
  },
}));
const payload = {
  v: 1,
  kind: 'badge',
  subscription: 'AAAAAAAAAAAAAAAAAAAAAA',
  badge: 7,
  rev: 1234,
  presentation: 'badge',
};

const vapidKeys = webPush.generateVAPIDKeys();
const pool = new EphemeralKeys({ size: messages });
const madeAhead = payloadEncryption({ random: systemRandom, ephemeralKeys: pool });
const madeAtOnce = payloadEncryption({ random: systemRandom, ephemeralKeys: { take: newEphemeralKey } });
const vapidKey = newEphemeralKey().privateKey;
const vapid = createVapidSigner({ key: vapidKey, subject, clock });

/** As the publisher and the Web Push provider do it, to the body in base64url and back. */
function mailbadge(encrypt: typeof madeAhead): void {
  for (const { endpoint, keys } of devices) {
    const body = Buffer.from(encrypt(keys, payload, payloadSizes.badge) ?? []).toString('base64url');
    Buffer.from(body, 'base64url');
    vapid.authorization(new URL(endpoint).origin);
  }
}

const contestants = {
  'web-push: generateRequestDetails': () => {
    const options = { vapidDetails: { subject, ...vapidKeys }, TTL: 60 };
    for (const device of devices) webPush.generateRequestDetails(device, JSON.stringify(payload), options);
  },
  'web-push: encrypt alone': () => {
    for (const { keys } of devices)
      webPush.encrypt(keys.p256dh, keys.auth, JSON.stringify(payload), 'aes128gcm');
  },
  'Mailbadge: a burst, ephemeral keys made ahead': () => mailbadge(madeAhead),
  'Mailbadge: no key made ahead': () => mailbadge(madeAtOnce),
  'Mailbadge: no key made ahead, each device new': () =>
    mailbadge(payloadEncryption({ random: systemRandom, ephemeralKeys: { take: newEphemeralKey } })),
};
type Contestant = keyof typeof contestants;

const names = Object.keys(contestants) as Contestant[];
const microsOf = new Map<Contestant, number[]>(names.map(name => [name, []]));
for (let round = 0; round <= rounds; round += 1) {
  for (const name of names) {
    await poolFilled();
    const micros = microsPer(messages, contestants[name]);
    if (round > 0) microsOf.get(name)?.push(micros); // the first warms up
  }
}
const ownParts = measureParts();
pool[Symbol.dispose]();
report(ownParts, opensslSpeed());

async function poolFilled(): Promise<void> {
  if (pool.ready === 0) pool.take();
  const until = performance.now() + refillWithinMs;
  while (pool.ready < messages) {
    if (performance.now() > until) throw new Error('the pool of ephemeral keys is not filled');
    await clock.sleep(5);
  }
}

/** Processor time of this thread: what else runs on the machine is not in it. */
function microsPer(count: number, work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / count;
}

/** Where the time of one message goes. */
function measureParts(): [part: string, micros: number][] {
  const device = parseDeviceKeys(devices[0]?.keys ?? { p256dh: '', auth: '' });
  if (device === undefined) throw new Error('the device has no keys');
  const ephemeral = newEphemeralKey();
  const plaintext = Buffer.from(JSON.stringify(payload));
  const each = (work: (index: number) => unknown): number => {
    const run = (): number =>
      microsPer(repetitions, () => {
        for (let index = 0; index < repetitions; index += 1) work(index);
      });
    run();
    return median(Array.from({ length: rounds }, run));
  };
  const shared = each(() => diffieHellman({ privateKey: ephemeral.privateKey, publicKey: device.publicKey }));
  const whole = each(() =>
    encryptForDevice(device, plaintext, { random: systemRandom, ephemeral, paddedBytes: 256 }),
  );
  return [
    ['shared secret (diffieHellman)', shared],
    ['key derivation, AES-128-GCM, salt, header', whole - shared],
    ['made ahead: a key pair', each(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }))],
    ['made ahead: its point', each(() => pointOf(ephemeral.privateKey))],
    [
      'kept: import of the device’s keys',
      each(index => parseDeviceKeys(devices[index % messages]?.keys ?? { p256dh: '', auth: '' })),
    ],
    [
      'kept for 11 hours: VAPID signature',
      each(() => createVapidSigner({ key: vapidKey, subject, clock }).authorization('https://a.example')),
    ],
  ];
}

/** Operations a second of the `openssl` program: machine-readable lines such as "+F5:3:256:12348.4:0.000081". */
function opensslSpeed(): { version: string; ecdh: number; sign: number } {
  const version = execFileSync('openssl', ['version'], { encoding: 'utf8' }).trim();
  const speed = (what: string): string =>
    execFileSync('openssl', ['speed', '-seconds', '2', '-mr', what], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const figure = (text: string, line: RegExp): number => Number(line.exec(text)?.[1] ?? Number.NaN);
  return {
    version,
    ecdh: figure(speed('ecdhp256'), /^\+F5:\d+:256:([\d.]+):/m),
    sign: figure(speed('ecdsap256'), /^\+F4:\d+:256:([\d.]+):/m),
  };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function report(parts: ReturnType<typeof measureParts>, openssl: ReturnType<typeof opensslSpeed>): void {
  const micros = (name: Contestant): number => median(microsOf.get(name) ?? []);
  const [whole, encryption, burst, atOnce, fresh] = names.map(micros) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const row = (name: string, each: number, over: number): string =>
    `| ${name} | ${(1e6 / each).toFixed(0)} | ${each.toFixed(0)} | ${(over / each).toFixed(2)}× |`;
  const lines = [
    '## Web Push encryption and signing',
    '',
    `${messages} devices at ${origins.length} push services, one message to each per round, ${rounds} rounds, medians; processor time of one thread; Node.js ${process.version} (OpenSSL ${process.versions.openssl}). Mailbadge pads to ${payloadSizes.badge} bytes and signs once per push service; web-push signs each message.`,
    '',
    '| | messages/s and core | CPU µs each | × web-push |',
    '| --- | ---: | ---: | ---: |',
    ...names.map(name => row(name, micros(name), whole)),
    '',
    `Against web-push's encryption alone, without its signature: ${(encryption / burst).toFixed(2)}× in a burst, ${(encryption / atOnce).toFixed(2)}× without keys made ahead, ${(encryption / fresh).toFixed(2)}× with new devices.`,
    '',
    'Where the time of one of our messages goes, and what is no longer in it:',
    '',
    '| part | CPU µs |',
    '| --- | ---: |',
    ...parts.map(([name, each]) => `| ${name} | ${each.toFixed(1)} |`),
    '',
    `The floor is the curve: \`openssl speed\` (${openssl.version}) in the same run: ${openssl.ecdh.toFixed(0)} ECDH and ${openssl.sign.toFixed(0)} ECDSA signatures a second on P-256; a burst of ours reaches ${((100 * 1e6) / burst / openssl.ecdh).toFixed(0)} % of its ECDH, which each message needs once.`,
  ];
  console.log(lines.join('\n'));
}
