// Opens the session by the token of a one-time link, and takes the token out of the address at once: it must not stay in
// the history. Without a session there is only the page that tells how to get a link.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { Frame } from '../../look/frame.tsx';
import { Loading } from '../../look/panel.tsx';
import { to, usePlace } from '../../look/router.ts';
import { type ApiProblem, asProblem } from '../api.ts';
import { Failure } from '../failure.tsx';
import { navigationFor } from './navigation.ts';
import { type Closed, LinkPage } from './pages/link.tsx';
import { ApiContext, createProxyApi } from './proxy-api.ts';
import { ProxyPage } from './proxy-page.tsx';
import { useText } from './text.ts';

type State =
  | { kind: 'asking' }
  | { kind: 'open' }
  | { kind: 'closed'; why: Closed }
  | { kind: 'failed'; problem: ApiProblem };

export function ProxyConsole() {
  const text = useText();
  const place = usePlace();
  const [state, setState] = useState<State>({ kind: 'asking' });
  const api = useMemo(
    () =>
      createProxyApi({
        onSessionEnded: () =>
          setState(({ kind }) => ({ kind: 'closed', why: kind === 'open' ? 'ended' : 'no-link' })),
      }),
    [],
  );
  useEffect(() => {
    const token = tokenOfLink();
    const opening = token === undefined ? api.session() : api.openSession(token);
    opening.then(
      () => setState({ kind: 'open' }),
      (error: unknown) => {
        const problem = asProblem(error);
        if (problem.code === 'console-link-invalid') setState({ kind: 'closed', why: 'expired' });
        else if (problem.status !== 401) setState({ kind: 'failed', problem });
      },
    );
  }, [api]);

  if (state.kind !== 'open') {
    return (
      <Frame name={text.console} home={to('/')}>
        {state.kind === 'asking' && <Loading />}
        {state.kind === 'failed' && <Failure problem={state.problem} />}
        {state.kind === 'closed' && <LinkPage why={state.why} />}
      </Frame>
    );
  }
  const close = (
    <button
      type="button"
      class="button compact"
      onClick={() => {
        api.closeSession().then(
          () => setState({ kind: 'closed', why: 'closed' }),
          (error: unknown) => setState({ kind: 'failed', problem: asProblem(error) }),
        );
      }}
    >
      {text.close}
    </button>
  );
  return (
    <ApiContext.Provider value={api}>
      <Frame name={text.console} home={to('/')} navigation={navigationFor(text, place.path)} tools={close}>
        <ProxyPage place={place} />
      </Frame>
    </ApiContext.Provider>
  );
}

function tokenOfLink(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined;
  if (token !== undefined) history.replaceState(null, '', location.pathname + location.search);
  return token;
}
