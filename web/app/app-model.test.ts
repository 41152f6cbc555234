// What the pages are told when the proxy answers, refuses, or is not there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IconStatus, MessageList } from '../../src/contract/devices.ts';
import type { DeviceClient } from '../../src/device/device-client.ts';
import { DeviceError, type DeviceErrorCode } from '../../src/device/device-error.ts';
import { AppModel } from './app-model.ts';
import type { BadgeSwitch } from './badge-switch.ts';
import { type ActiveBadge, type AppState, freshState, type StateStore } from './state.ts';
import type { ToWorker } from './worker-messages.ts';

const mailbox = 'anna@fabrikam.com';
const app = { name: 'Fabrikam Mail', appId: 'com.fabrikam.mail', vapidPublicKey: 'B', webmail: null };
const inbox: MessageList = { unseen: 4, uidValidity: 1, uidNext: 9, messages: [] };
const status: IconStatus = {
  id: 'icon',
  badge: 2,
  rev: 5,
  state: 'shown',
  accepted: null,
  lastProblem: null,
  retryAt: null,
  watched: 'watched',
};
const active: ActiveBadge = {
  appId: app.appId,
  address: { endpoint: 'https://push.example.com/1', keys: { p256dh: 'p', auth: 'a' } },
  wishes: { policy: 'unseen', previews: false },
  choice: { presentation: 'badge', form: 'worker', mustShow: false },
  language: 'en',
  sealedTarget: 'mbt1',
  subscriptionId: 'subscription',
  iconId: 'icon',
  mailbox,
  renewedAt: 1,
  expiresAt: 2,
};

const subscription = {
  id: 'subscription',
  iconId: 'icon',
  mailbox,
  appId: app.appId,
  policy: 'unseen',
  previews: false,
  count: 2,
  createdAt: 1,
  viewedAt: 1,
  expiresAt: 2,
  endedAt: null,
  endedReason: null,
} as const;

/** A device that was signed in before, and a proxy that knows it. */
function setUp({
  remembered = mailbox as string | null,
  state = {} as Partial<AppState>,
  failing = new Map<string, DeviceErrorCode>(),
  signedInAs = mailbox,
} = {}) {
  const called: string[] = [];
  const answer =
    <T>(name: string, value: T) =>
    async (): Promise<T> => {
      called.push(name);
      const code = failing.get(name) ?? failing.get('*');
      if (code !== undefined) throw new DeviceError(code, 'no');
      return value;
    };
  const client: DeviceClient = {
    describeApp: answer('app', app),
    currentSession: answer('session', { mailbox, installationId: 'i', expiresAt: 99 }),
    signIn: answer('sign-in', { mailbox: signedInAs, expiresAt: 99 }),
    signOut: answer('sign-out', undefined),
    messages: answer('messages', inbox),
    iconStatus: answer('status', status),
    testBadge: answer('test', status),
    viewed: answer('viewed', { badge: 0, rev: 6 }),
    setPreferences: answer('preferences', subscription),
    subscribe: answer('subscribe', subscription),
    renew: answer('renew', subscription),
    opened: answer('opened', { badge: 2, rev: 5 }),
    unsubscribe: answer('unsubscribe', undefined),
    devices: answer('devices', []),
    removeDevice: answer('remove', undefined),
    requestTicket: answer('ticket', { ticket: 't', registrationUrl: 'https://r', expiresAt: 1 }),
    register: answer('register', { registrationUrl: 'https://r', pending: 'p', expiresAt: 1 }),
    confirm: answer('confirm', { sealedTarget: 's', targetId: 't' }),
  };
  let stored: AppState = { ...freshState(), ...state };
  const store: StateStore = {
    read: async () => {
      if (failing.has('memory')) throw new DOMException('broken', 'UnknownError');
      return stored;
    },
    update: async change => {
      stored = { ...stored, ...change(stored) };
      return stored;
    },
  };
  const badgeSwitch: BadgeSwitch = {
    obstacle: () => undefined,
    forget: async () => {
      called.push('forget');
      stored = { ...stored, active: null, last: null };
    },
    turnOn: async ({ onStep }) => {
      onStep?.('push-service');
      stored = { ...stored, active };
      return { kind: 'on', active };
    },
    turnOff: async () => ({ kind: 'off' }),
    change: async wishes => ({ kind: 'on', active: { ...active, wishes } }),
    renewIfNeeded: async () => {
      const code = failing.get('renewal') ?? failing.get('*');
      if (code !== undefined) return { kind: 'failed', failure: { code } };
      return stored.active === null
        ? { kind: 'off' }
        : { kind: 'on', active: stored.active, opened: { badge: 2, rev: 5 } };
    },
  };
  const toWorker: ToWorker[] = [];
  let kept = remembered ?? undefined;
  let later: { ms: number; act(): void } | undefined;
  const model = new AppModel({
    client,
    badgeSwitch,
    store,
    tellWorker: async message => void toWorker.push(message),
    remembered: {
      read: () => kept,
      write: name => {
        kept = name;
      },
    },
    startAnew: () => void called.push('start anew'),
    now: () => 1000,
    later: (ms, act) => {
      later = { ms, act };
      return {
        cancel: () => {
          later = undefined;
        },
      };
    },
  });
  return { model, called, failing, toWorker, kept: () => kept, later: () => later };
}

test('before any answer the page shows what this device remembers', () => {
  const { model } = setUp();
  assert.deepEqual([model.view.session, model.view.mailbox], ['signed-in', mailbox]);
  assert.equal(setUp({ remembered: null }).model.view.session, 'signed-out');
});

test('with the badge off, the number is the mailbox’s; with it on, the icon’s', async () => {
  const off = setUp();
  await off.model.start();
  assert.deepEqual([off.model.view.count, off.model.view.active], [{ badge: 4, at: 1000 }, null]);
  const on = setUp({ state: { active } });
  await on.model.start();
  assert.deepEqual([on.model.view.count?.badge, on.model.view.inbox?.unseen], [2, 4]);
  assert.equal(on.model.view.refreshing, false);
});

test('offline, the last number stays with its age, and the next refresh brings everything', async () => {
  const failing = new Map<string, DeviceErrorCode>([['*', 'offline']]);
  const { model } = setUp({ failing, state: { active, last: { iconId: 'icon', badge: 7, rev: 1, at: 50 } } });
  await model.start();
  assert.deepEqual([model.view.trouble, model.view.count], [{ code: 'offline' }, { badge: 7, at: 50 }]);
  assert.deepEqual([model.view.session, model.view.badgeTrouble], ['signed-in', undefined]);
  failing.clear();
  await model.refresh();
  assert.deepEqual([model.view.trouble, model.view.count?.badge], [undefined, 2]);
});

test('a badge that comes while the proxy is asked: it is asked once more, as its answers may be of before', async () => {
  const { model, called } = setUp({ state: { active } });
  await model.start();
  const asked = () => called.splice(0).filter(name => name === 'messages').length;
  asked();
  await Promise.all([model.refresh(), model.refresh()]);
  assert.equal(asked(), 1, 'who only looks waits for what is under way');
  const looking = model.refresh();
  model.heard({ kind: 'badge', iconId: 'icon', badge: 3, rev: 6, at: 1 });
  model.heard({ kind: 'badge', iconId: 'icon', badge: 4, rev: 7, at: 2 });
  await looking;
  assert.equal(asked(), 2);
  await Promise.all([model.refresh(), model.refreshAnew()]);
  assert.equal(asked(), 2, 'who comes back to the app sees what is true then');
});

test('a session that ended asks to sign in again, keeps the badge, and is no error', async () => {
  const { model, failing } = setUp({ state: { active } });
  await model.start();
  for (const name of ['session', 'messages', 'status']) failing.set(name, 'session-invalid');
  await model.refresh();
  assert.deepEqual([model.view.session, model.view.trouble, model.view.active], ['ended', undefined, active]);
  failing.clear();
  assert.equal(await model.signIn({ user: 'anna', password: 'x', deviceName: '' }), undefined);
  assert.deepEqual(
    [model.view.session, model.view.active, model.view.count?.badge],
    ['signed-in', active, 2],
  );
});

test('a sign-in that was used from two places is told, whichever call heard of it', async () => {
  const failing = new Map<string, DeviceErrorCode>([
    ['app', 'offline'],
    ['session', 'session-invalid'],
    ['messages', 'session-stolen'],
    ['renewal', 'session-invalid'],
  ]);
  const { model } = setUp({ failing, state: { active } });
  await model.start();
  assert.deepEqual([model.view.session, model.view.trouble], ['ended', { code: 'session-stolen' }]);
  model.heard({ kind: 'session-ended' });
  assert.deepEqual(model.view.trouble, { code: 'session-stolen' });
});

test('another person may begin where a session has ended: nothing of the one before is kept', async () => {
  const { model, called, kept } = setUp({ state: { active, sessionEnded: true } });
  await model.start();
  await model.leave();
  assert.deepEqual([model.view.session, model.view.mailbox, kept()], ['signed-out', undefined, undefined]);
  assert.deepEqual(called.slice(-2), ['forget', 'start anew']);
});

test('where this device keeps nothing, that is said beside the badge, which is not known to be on', async () => {
  const { model, failing } = setUp();
  failing.set('renewal', 'offline');
  failing.set('memory', 'offline');
  await model.start();
  assert.equal(model.view.active, undefined, 'nothing is known yet');
  failing.clear();
  failing.set('renewal', 'internal-error');
  await model.refresh();
  assert.deepEqual([model.view.active, model.view.badgeTrouble], [null, { code: 'internal-error' }]);
});

test('another person who signs in does not get the badge of the one before', async () => {
  const { model, called } = setUp({ state: { active, sessionEnded: true }, signedInAs: 'ben@fabrikam.com' });
  await model.start();
  assert.equal(model.view.session, 'ended');
  await model.signIn({ user: 'ben', password: 'x', deviceName: '' });
  assert.deepEqual(called.slice(-2), ['forget', 'start anew']);
  assert.equal(model.view.active, null);
});

test('a refused sign-in is told and changes nothing', async () => {
  const failing = new Map<string, DeviceErrorCode>([['sign-in', 'sign-in-refused']]);
  const { model, kept } = setUp({ remembered: null, failing });
  assert.deepEqual(await model.signIn({ user: 'a', password: 'b', deviceName: '' }), {
    code: 'sign-in-refused',
  });
  assert.deepEqual([model.view.session, kept()], ['signed-out', undefined]);
});

test('signing out that the proxy did not hear of fails; of a session that is over it succeeds', async () => {
  const { model, failing, kept, called } = setUp({ state: { active } });
  failing.set('sign-out', 'offline');
  assert.deepEqual(await model.signOut(), { code: 'offline' });
  assert.deepEqual([kept(), called.includes('forget')], [mailbox, false]);
  failing.set('sign-out', 'session-invalid');
  assert.equal(await model.signOut(), undefined);
  assert.deepEqual([model.view.session, kept()], ['signed-out', undefined]);
  assert.deepEqual(called.slice(-2), ['forget', 'start anew']);
});

test('turning on shows each step, and a push reaches the page', async () => {
  const { model } = setUp();
  await model.start();
  const steps = new Set<string | undefined>();
  model.onChange(() => steps.add(model.view.turningOn));
  await model.turnOn({ policy: 'unseen', previews: false }, 'en');
  assert.deepEqual([...steps].slice(0, 3), ['permission', 'push-service', undefined]);
  assert.deepEqual(model.view.active, active);
  model.heard({ kind: 'badge', iconId: 'icon', badge: 11, rev: 6, at: 2000 });
  assert.deepEqual(model.view.count, { badge: 11, at: 2000 });
  model.heard({ kind: 'badge', iconId: 'another', badge: 99, rev: 7, at: 3000 });
  assert.equal(model.view.count?.badge, 11);
});

test('turning on before the proxy has described the app waits for that; where it cannot, one is offline', async () => {
  const { model, failing } = setUp();
  failing.set('app', 'offline');
  await model.turnOn({ policy: 'unseen', previews: false }, 'en');
  assert.deepEqual([model.view.badgeTrouble, model.view.turningOn], [{ code: 'offline' }, undefined]);
  failing.clear();
  await model.turnOn({ policy: 'unseen', previews: false }, 'en');
  assert.deepEqual([model.view.active, model.view.badgeTrouble], [active, undefined]);
});

test('why the badge does not stay on is told beside it, not as a failure of everything', async () => {
  const { model, failing } = setUp({ state: { active } });
  failing.set('renewal', 'target-denied');
  await model.start();
  assert.deepEqual([model.view.badgeTrouble, model.view.trouble], [{ code: 'target-denied' }, undefined]);
});

test('looking at the inbox brings the number that counts from there, on the icon, too', async () => {
  const { model, toWorker } = setUp({ state: { active } });
  await model.start();
  await model.viewed({ uidValidity: 1, uidNext: 9 });
  assert.equal(model.view.count?.badge, 0);
  assert.deepEqual(toWorker, [{ kind: 'badge-known', iconId: 'icon', badge: 0, rev: 6 }]);
});

test('a badge on its way is asked for again until it has arrived, and not for ever', async () => {
  const { model, called, later } = setUp({ state: { active } });
  await model.start();
  assert.equal(later(), undefined);
  const delays: (number | undefined)[] = [];
  for (let asked = 0; asked < 6; asked += 1) {
    model.took({ ...status, state: 'publishing' });
    delays.push(later()?.ms);
  }
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 15_000, undefined]);
  model.took(status);
  model.took({ ...status, state: 'not-counted' });
  const before = called.length;
  later()?.act();
  assert.deepEqual([later()?.ms, called.slice(before)], [1000, ['status']]);
});
