// Who is signed in decides what is shown: nobody (sign in, sign up), an organization's administrator, or an
// operator. A session that ends in the middle leaves the address as it is, so that signing in again goes on there.

import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { SignedIn } from '../../../src/contract/console/relay-console.ts';
import { Frame } from '../../look/frame.tsx';
import { Loading } from '../../look/panel.tsx';
import { to, usePlace } from '../../look/router.ts';
import { type ApiProblem, asProblem } from '../api.ts';
import { Failure } from '../failure.tsx';
import { navigationFor } from './navigation.ts';
import { SignInPage } from './pages/sign-in.tsx';
import { SignUpPage } from './pages/sign-up.tsx';
import { createRelayApi } from './relay-api.ts';
import { RelayPage } from './relay-page.tsx';
import { SessionContext } from './session.ts';
import { useText } from './text.ts';

type State =
  | { kind: 'asking' }
  | { kind: 'nobody'; ended: boolean }
  | { kind: 'signed-in'; me: SignedIn }
  | { kind: 'failed'; problem: ApiProblem };

export function RelayConsole() {
  const text = useText();
  const place = usePlace();
  const [state, setState] = useState<State>({ kind: 'asking' });
  const api = useMemo(
    () =>
      createRelayApi({
        onSessionEnded: () =>
          setState(now => ({
            kind: 'nobody',
            ended: now.kind === 'signed-in' || (now.kind === 'nobody' && now.ended),
          })),
      }),
    [],
  );
  const ask = useCallback(async () => {
    try {
      const me = await api.whoAmI();
      setState({ kind: 'signed-in', me });
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status !== 401) setState({ kind: 'failed', problem });
    }
  }, [api]);
  useEffect(() => void ask(), [ask]);

  if (state.kind === 'signed-in') {
    const { me } = state;
    return (
      <SessionContext.Provider value={{ api, me, refresh: ask }}>
        <Frame
          name={text.console}
          home={to('/')}
          navigation={navigationFor(me, text, place.path)}
          tools={
            <>
              <a class="who" href={to('/account')} title={me.email}>
                {me.email}
              </a>
              <button
                type="button"
                class="button compact"
                onClick={() => {
                  api.signOut().then(
                    () => setState({ kind: 'nobody', ended: false }),
                    (error: unknown) => setState({ kind: 'failed', problem: asProblem(error) }),
                  );
                }}
              >
                {text.signOut}
              </button>
            </>
          }
        >
          <RelayPage place={place} />
        </Frame>
      </SessionContext.Provider>
    );
  }
  return (
    <Frame name={text.console} home={to('/')}>
      {state.kind === 'asking' && <Loading />}
      {state.kind === 'failed' && <Failure problem={state.problem} />}
      {state.kind === 'nobody' &&
        (place.path === '/sign-up' ? (
          <SignUpPage api={api} />
        ) : (
          <SignInPage
            api={api}
            ended={state.ended}
            onSignedIn={me => {
              setState({ kind: 'signed-in', me });
            }}
          />
        ))}
    </Frame>
  );
}
