// What the pages and the service worker know together, in IndexedDB: one record, read and changed as a whole in one
// transaction, so that a push and a page never undo each other's change. Nothing secret: the session is a cookie
// that neither can read, and the sealed target opens for the relay alone.

import type { CountPolicy } from '../../src/contract/devices.ts';
import type { Language } from '../../src/contract/languages.ts';
import type { WebPushKeys } from '../../src/contract/push-targets.ts';
import { toBase64Url } from '../../src/device/base64url.ts';
import type { PendingRegistration } from '../../src/device/device-client.ts';
import type { PresentationChoice } from '../../src/device/presentation.ts';

/** What the person chose for the badge. */
export type Wishes = { policy: CountPolicy; previews: boolean };

/** A PushSubscription, as far as it is told to anybody. */
export type PushAddress = { endpoint: string; keys: WebPushKeys };

export type WantedBadge = {
  appId: string;
  address: PushAddress;
  wishes: Wishes;
  choice: PresentationChoice;
};

/** On its way: the code has not come, or the proxy was not reached with it yet. */
export type PendingBadge = WantedBadge & {
  /** Null until the relay has answered. */
  registration: PendingRegistration | null;
  /** Once the code was confirmed at the relay. */
  sealedTarget: string | null;
};

/** The badge is on. */
export type ActiveBadge = WantedBadge & {
  language: Language;
  sealedTarget: string;
  subscriptionId: string;
  iconId: string;
  mailbox: string;
  renewedAt: number;
  expiresAt: number;
};

/** The last badge that came: by a push, or because a page asked. */
export type LastBadge = { iconId: string; badge: number; rev: number; at: number };

export type AppState = {
  installationId: string;
  language: Language;
  /** The app was seen running on its own, not in a tab. */
  installed: boolean;
  /** The mailbox's credential must be proven again. */
  sessionEnded: boolean;
  pending: PendingBadge | null;
  /** A code that could not be returned yet: it overtook the relay's answer, or the relay could not be reached. */
  unusedCode: string | null;
  active: ActiveBadge | null;
  last: LastBadge | null;
  /** When the worker last tried to renew; it must not at every push while the proxy is away. */
  renewalTriedAt: number;
};

export type StateStore = {
  read(): Promise<AppState>;
  /** `change` gets what is stored and answers the members to replace; it must not wait for anything. */
  update(change: (state: AppState) => Partial<AppState>): Promise<AppState>;
};

export function freshState(): AppState {
  return {
    installationId: toBase64Url(crypto.getRandomValues(new Uint8Array(16))),
    language: 'en',
    installed: false,
    sessionEnded: false,
    pending: null,
    unusedCode: null,
    active: null,
    last: null,
    renewalTriedAt: 0,
  };
}

const store = 'state';
const key = 'app';

/** A browser may never answer, as some do after a cold start: a push must not wait for it until it is forgotten. */
const openWithinMs = 5000;

/** Every call opens the database anew: a worker lives for seconds, and a page must not block an upgrade. */
export function openStateStore(databases: IDBFactory = indexedDB): StateStore {
  const update: StateStore['update'] = async change => {
    const database = await opened(databases);
    try {
      const transaction = database.transaction(store, 'readwrite');
      const done = committed(transaction);
      done.catch(() => {}); // a request of it may fail before
      const states = transaction.objectStore(store);
      const stored = (await settled(states.get(key))) as Partial<AppState> | undefined;
      // A member that an older version did not know has its first value.
      const state = { ...freshState(), ...stored };
      const members = change(state);
      const changed = { ...state, ...members };
      // What only reads needs no room on the disk.
      if (stored === undefined || Object.keys(members).length > 0) await settled(states.put(changed, key));
      await done;
      return changed;
    } finally {
      database.close();
    }
  };
  return { update, read: () => update(() => ({})) };
}

async function opened(databases: IDBFactory): Promise<IDBDatabase> {
  const request = databases.open('mailbadge', 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(store));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DOMException('no answer', 'TimeoutError')), openWithinMs);
  });
  const opening = settled(request);
  try {
    return await Promise.race([opening, tooLong]);
  } catch (error) {
    opening.then(late => late.close()).catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** A full disk may show only then. */
function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () =>
      reject(transaction.error ?? new DOMException('not stored', 'AbortError')),
    );
  });
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new DOMException('IndexedDB failed')));
  });
}
