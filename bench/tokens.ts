// Access tokens: the token endpoint beside what jose alone takes for the same cryptography (verify an assertion, sign a
// token), and the check of a token at publishing beside jose's. The relay is a process of its own, on its own core
// where `taskset` exists; rounds are interleaved, figures are medians. Prints a section of Markdown.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose';
import { systemRandom } from '../src/runtime/random.ts';
import type { Holder, RelayMessage } from './tokens/setting.ts';
import { measureVerification, verifications } from './tokens/verification.ts';

const rounds = 5;
const tokensPerRound = 400;
const inFlight = 8;
const pinned = existsSync('/usr/bin/taskset');

/** Of one round, per token. */
type Figures = { perSecond: number; relayMicros: number; plainMicros: number };

const relay = startRelay();
const gone = new AbortController();
relay.once('exit', () => gone.abort(new Error('the relay ended')));
const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
try {
  const ready = await nextMessage(relay, 'ready');
  const endpoint = new Map<string, Figures[]>(ready.holders.map(({ alg }) => [alg, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const holder of ready.holders) {
      const figures = await measureRound(ready.issuer, holder);
      if (round > 0) endpoint.get(holder.alg)?.push(figures); // the first warms up
    }
  }
  report(endpoint, await measureVerification(rounds));
} finally {
  agent.destroy();
  if (relay.connected) {
    const exited = once(relay, 'exit');
    relay.disconnect();
    await exited;
  }
}

async function measureRound(issuer: string, holder: Holder): Promise<Figures> {
  const assertions = await makeAssertions(issuer, holder);
  const cpuBefore = await cpuMicros();
  const start = performance.now();
  const waiting = assertions.values();
  const sender = async (): Promise<void> => {
    for (const assertion of waiting) await requestToken(issuer, assertion);
  };
  await Promise.all(Array.from({ length: inFlight }, sender));
  const seconds = (performance.now() - start) / 1000;
  const relayMicros = ((await cpuMicros()) - cpuBefore) / assertions.length;
  const plainMicros = await plainCpu(issuer, holder, assertions);
  return { perSecond: assertions.length / seconds, relayMicros, plainMicros };
}

async function makeAssertions(issuer: string, { clientId, keyId, alg, jwk }: Holder): Promise<string[]> {
  const key = await importJWK(jwk, alg);
  const assertions: string[] = [];
  for (let count = 0; count < tokensPerRound; count += 1) {
    const jwt = new SignJWT({ jti: systemRandom.uuid() })
      .setProtectedHeader({ alg, kid: keyId })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(issuer)
      .setIssuedAt()
      .setExpirationTime('5m');
    assertions.push(await jwt.sign(key));
  }
  return assertions;
}

async function requestToken(issuer: string, assertion: string): Promise<void> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length };
  const sent = request(`${issuer}/oauth/token`, { method: 'POST', agent, headers });
  sent.end(body);
  const [response] = await once(sent, 'response');
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`the token endpoint answered ${response.statusCode}`);
}

/** Processor time that the same cryptography takes in this process: verify each assertion, sign each token. */
async function plainCpu(
  issuer: string,
  { alg, jwk, clientId }: Holder,
  assertions: string[],
): Promise<number> {
  const { d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, key_ops: _ops, ...publicJwk } = jwk;
  const verifyKey = await importJWK(publicJwk, alg);
  const { privateKey } = await generateKeyPair('RS256');
  const before = process.cpuUsage();
  for (const assertion of assertions) {
    const { payload } = await jwtVerify(assertion, verifyKey, { issuer: clientId, audience: issuer });
    await new SignJWT({ client_id: payload.sub, realm: '', organization: '', credential: '' })
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'key' })
      .setIssuer(issuer)
      .setSubject(clientId)
      .setAudience(`${issuer}/v1`)
      .setIssuedAt()
      .setExpirationTime('10m')
      .setJti(systemRandom.uuid())
      .sign(privateKey);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / assertions.length;
}

function startRelay(): ChildProcess {
  const command = [process.execPath, join(import.meta.dirname, 'tokens/relay.ts')];
  const [program = '', ...args] = pinned ? ['taskset', '-c', '1', ...command] : command;
  return spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function cpuMicros(): Promise<number> {
  relay.send('cpu');
  const { user, system } = await nextMessage(relay, 'cpu');
  return user + system;
}

async function nextMessage<Kind extends RelayMessage['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<RelayMessage, { kind: Kind }>> {
  const [message] = (await once(child, 'message', { signal: gone.signal })) as [RelayMessage];
  if (message.kind !== kind) throw new Error(`the relay did not say ${kind}`);
  return message as Extract<RelayMessage, { kind: Kind }>;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function report(
  endpoint: Map<string, Figures[]>,
  verification: Awaited<ReturnType<typeof measureVerification>>,
): void {
  const of = (figures: Figures[], member: keyof Figures) => median(figures.map(each => each[member]));
  const micros = (name: (typeof verifications)[number]) => median(verification[name]);
  const factor = (over: number, under: number) => (over / under).toFixed(2);
  const [joseIssued, first, seen, joseSelf, selfFirst] = verifications;
  const where = pinned ? 'relay on one core, the rest on others' : 'not pinned to cores';
  const lines = [
    '## Access tokens',
    '',
    `Token endpoint: ${inFlight} requests in flight over kept connections, ${tokensPerRound} tokens a round, ${rounds} rounds, medians; each assertion used once, so each costs commits to disk; ${where}; Node.js ${process.version}. Plain jose verifies the same assertions and signs as many RS256 tokens, in one process.`,
    '',
    '| assertions | tokens/s | relay: CPU µs per token | plain jose: CPU µs | overhead factor |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...[...endpoint].map(([alg, figures]) => {
      const [relayMicros, plain] = [of(figures, 'relayMicros'), of(figures, 'plainMicros')];
      return `| ${alg} | ${of(figures, 'perSecond').toFixed(0)} | ${relayMicros.toFixed(0)} | ${plain.toFixed(0)} | ${factor(relayMicros, plain)} |`;
    }),
    '',
    'Check of an access token at publishing, one after the other:',
    '',
    '| check | µs |',
    '| --- | ---: |',
    ...verifications.map(name => `| ${name} | ${micros(name).toFixed(1)} |`),
    '',
    `Relay : jose, for the first time: ${factor(micros(first), micros(joseIssued))} (RS256), ${factor(micros(selfFirst), micros(joseSelf))} (ES256, self-signed). A token seen before costs ${factor(micros(seen), micros(joseIssued))} of jose's check.`,
  ];
  console.log(lines.join('\n'));
}
