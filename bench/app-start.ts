// How long the web app takes to start on a slow phone: Chromium with its processor throttled, a real proxy and relay,
// one unseen message. Beside it an empty page with the app's own style sheet, throttled alike: what the browser alone
// takes. Rounds are interleaved, figures are medians. Prints a section of Markdown.

import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { buildWeb } from '../scripts/build-web.ts';
import { SimulatedSource } from '../src/demo/simulated-source.ts';
import { demoOrganization, startSystem } from '../src/demo/system.ts';
import { SystemClock } from '../src/runtime/clock.ts';
import { systemRandom } from '../src/runtime/random.ts';
import { SimulatedMailboxes } from '../src/simulators/mail-server/simulated-mailboxes.ts';
import { chromiumUnavailable, startChromium } from '../test/fixtures/chromium.ts';

const rounds = 7;
/** Chromium's own measure of a mid-range phone beside a desktop is 4; a low-end one is 6. */
const slowdowns = [4, 6];
const phone = { width: 390, height: 844 };
const user = `anna@${demoOrganization}`;
const password = 'correct horse battery staple';

/** ms from the navigation: first paint of anything, and what the person waits for. */
type Start = { painted: number; ready: number };
type Visit = { name: string; start(page: Page): Promise<Start> };

const missing = chromiumUnavailable();
if (missing === undefined) await measure();
else console.log(`## Start of the web app\n\nNot measured: ${missing}`);

async function measure(): Promise<void> {
  await buildWeb();
  await using parts = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'mbs-'));
  parts.defer(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SystemClock();
  const mailboxes = new SimulatedMailboxes({ clock });
  mailboxes.open(user, { password });
  mailboxes.append(user, { from: 'Ben <ben@fabrikam.com>', subject: 'Lunch on Thursday?' });
  const source = new SimulatedSource({ mailboxes, clock, random: systemRandom });
  const system = parts.use(await startSystem({ folder, source }));
  const app = `${system.proxyUrl}/app/`;
  const emptyPage = await startEmptyPage();
  parts.defer(() => void emptyPage.close());
  const empty = `http://localhost:${(emptyPage.address() as AddressInfo).port}/`;
  const browser = await startChromium();
  parts.defer(() => browser.close());

  const signedIn = await newPhone(browser);
  await signIn(signedIn, app);
  const visits: Visit[] = [
    { name: 'an empty page with the same style sheet', start: page => startOf(page, empty, '#page') },
    { name: 'first visit, until one can type', start: page => startOf(page, app, 'input[type=password]') },
    {
      name: 'opened again, signed in, until the mailbox’s message stands there',
      start: page => startOf(page, app, 'text=Lunch on Thursday?'),
    },
  ];
  const starts = new Map<string, Start[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const slowdown of slowdowns) {
      for (const visit of visits) {
        const again = visit === visits[2];
        const context = again ? signedIn : await newPhone(browser);
        const page = await context.newPage();
        await throttle(page, slowdown);
        const start = await visit.start(page);
        await page.close();
        if (!again) await context.close();
        const key = `${slowdown} ${visit.name}`;
        starts.set(key, [...(starts.get(key) ?? []), start]);
      }
    }
  }
  report(visits, starts);
}

async function newPhone(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ viewport: phone, locale: 'en', isMobile: true, hasTouch: true });
}

async function signIn(context: BrowserContext, app: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(app);
  await page.locator('input[autocomplete=username]').fill(user);
  await page.locator('input[type=password]').fill(password);
  await page.keyboard.press('Enter');
  await page.getByText('Lunch on Thursday?').waitFor();
  // the next visits are served by the worker, as on a phone
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.close();
}

async function throttle(page: Page, slowdown: number): Promise<void> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
}

async function startOf(page: Page, url: string, wanted: string): Promise<Start> {
  await page.goto(url, { waitUntil: 'commit' });
  await page.locator(wanted).first().waitFor({ state: 'attached' });
  return page.evaluate(() => ({
    painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.now(),
    ready: performance.now(),
  }));
}

async function startEmptyPage(): Promise<Server> {
  const style = builtFiles('.css')
    .map(path => readFileSync(path, 'utf8'))
    .join('\n');
  const server = createServer((request, response) => {
    if (request.url === '/look.css') {
      response.setHeader('content-type', 'text/css').end(style);
      return;
    }
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .end(
        '<!doctype html><title>.</title><link rel="stylesheet" href="/look.css"><div id="page">nothing</div>',
      );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function builtFiles(ending: string): string[] {
  const assets = join(import.meta.dirname, '../web/dist/app/assets');
  return readdirSync(assets)
    .filter(name => name.endsWith(ending))
    .map(name => join(assets, name));
}

function report(visits: readonly Visit[], starts: ReadonlyMap<string, Start[]>): void {
  const script = builtFiles('.js').reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
  console.log(`## Start of the web app

Chromium, phone-sized, its processor throttled; medians of ${rounds} interleaved rounds. The app's scripts are
${(script / 1000).toFixed(1)} kB compressed (budget: 60).

| processor | start | first paint | ready | beside the empty page |
| --- | --- | ---: | ---: | ---: |`);
  for (const slowdown of slowdowns) {
    const of = (visit: Visit | undefined, which: keyof Start): number =>
      median((starts.get(`${slowdown} ${visit?.name}`) ?? []).map(start => start[which]));
    const floor = of(visits[0], 'ready');
    for (const visit of visits) {
      const ready = of(visit, 'ready');
      const cells = [`${slowdown} times slower`, visit.name, ms(of(visit, 'painted')), ms(ready)];
      console.log(`| ${cells.join(' | ')} | ${(ready / floor).toFixed(1)}× |`);
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}
