// A server for bench/apns.ts, in a process of its own: `sink` takes everything at once, `strict` is the simulator with a
// graceful GOAWAY every 200 streams. Reads its certificate from the folder named by the second argument, prints its
// port, and ends with its standard input; `strict` then prints how often each push took effect.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '../../src/runtime/clock.ts';
import { ApnsSimulator } from '../../src/simulators/apns/apns-simulator.ts';
import { Http2Sink } from '../../src/simulators/http2-sink.ts';
import { benchDeviceToken, benchSigningKey, benchTopic, goawayEvery } from './setting.ts';

const [mode, directory = ''] = process.argv.slice(2);
const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
const certificate = { caPem: read('ca.pem'), certPem: read('cert.pem'), keyPem: read('server.key') };

const ended = new Promise(resolve => process.stdin.on('end', resolve).resume());
if (mode === 'sink') {
  await using sink = await Http2Sink.start({ certificate });
  console.log(JSON.stringify({ port: sink.port }));
  await ended;
} else {
  const signingKey = { ...benchSigningKey, privateKeyPem: read('key.p8') };
  await using simulator = await ApnsSimulator.start({ clock: new SystemClock(), certificate, signingKey });
  simulator.registerDevice({ topic: benchTopic, token: benchDeviceToken });
  const effects = new Map<string, number>();
  simulator.onEvent(event => {
    if (event.type === 'accepted') effects.set(event.apnsId, (effects.get(event.apnsId) ?? 0) + 1);
  });
  simulator.goawayEvery = goawayEvery;
  console.log(JSON.stringify({ port: Number(new URL(simulator.productionUrl).port) }));
  await ended;
  const repeated = [...effects.values()].filter(times => times > 1).length;
  console.log(JSON.stringify({ took: effects.size, repeated }));
}
