// Who is signed in, and the relay's API in their name, for every page below.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { SignedIn } from '../../../src/contract/console/relay-console.ts';
import type { RelayApi } from './relay-api.ts';

export type Session = {
  api: RelayApi;
  me: SignedIn;
  /** After something about the account itself changed. */
  refresh(): Promise<void>;
};

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('this page stands outside a session');
  return session;
}
