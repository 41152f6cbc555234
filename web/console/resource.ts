// What a page loads and what it does. Nothing is optimistic: a page shows what the server answered, and keeps
// showing the last answer while the next one is on its way, so that nothing jumps.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type ApiProblem, asProblem } from './api.ts';

export type Resource<Answer> = {
  data: Answer | undefined;
  problem: ApiProblem | undefined;
  loading: boolean;
  reload(): void;
  /** What an act answered, instead of asking again. */
  replace(data: Answer): void;
};

/** Loads again whenever `key` changes. */
export function useResource<Answer>(
  key: string,
  load: (signal: AbortSignal) => Promise<Answer>,
): Resource<Answer> {
  const [state, setState] = useState<{ data?: Answer; problem?: ApiProblem; loading: boolean }>({
    loading: true,
  });
  const [round, setRound] = useState(0);
  // `key` stands for what `load` closes over.
  useEffect(() => {
    const aborter = new AbortController();
    setState(({ data }) => ({ ...(data !== undefined && { data }), loading: true }));
    load(aborter.signal).then(
      data => {
        if (!aborter.signal.aborted) setState({ data, loading: false });
      },
      (error: unknown) => {
        if (!aborter.signal.aborted)
          setState(({ data }) => ({
            ...(data !== undefined && { data }),
            problem: asProblem(error),
            loading: false,
          }));
      },
    );
    return () => aborter.abort();
  }, [key, round]);
  return {
    data: state.data,
    problem: state.problem,
    loading: state.loading,
    reload: useCallback(() => setRound(value => value + 1), []),
    replace: useCallback(data => setState({ data, loading: false }), []),
  };
}

export type Action<Parameters extends unknown[]> = {
  run(...parameters: Parameters): void;
  busy: boolean;
  problem: ApiProblem | undefined;
};

/** One act at a time: a second click while the first is under way does nothing. */
export function useAction<Parameters extends unknown[]>(
  act: (...parameters: Parameters) => Promise<void>,
): Action<Parameters> {
  const [state, setState] = useState<{ busy: boolean; problem?: ApiProblem }>({ busy: false });
  const running = useRef(false);
  return {
    busy: state.busy,
    problem: state.problem,
    run(...parameters) {
      if (running.current) return;
      running.current = true;
      setState({ busy: true });
      act(...parameters)
        .then(
          () => setState({ busy: false }),
          (error: unknown) => setState({ busy: false, problem: asProblem(error) }),
        )
        .finally(() => {
          running.current = false;
        });
    },
  };
}

/** A list that comes in pages: `pageAfter(undefined)` is the first. */
export function usePages<Entry, Page extends { more: boolean }>(
  key: string,
  options: {
    pageAfter(last: Entry | undefined, signal?: AbortSignal): Promise<Page>;
    entriesOf(page: Page): Entry[];
  },
) {
  const first = useResource(key, async signal => {
    const page = await options.pageAfter(undefined, signal);
    return { entries: options.entriesOf(page), more: page.more };
  });
  const next = useAction(async () => {
    const { data } = first;
    if (data === undefined) return;
    const page = await options.pageAfter(data.entries.at(-1));
    first.replace({ entries: [...data.entries, ...options.entriesOf(page)], more: page.more });
  });
  return { ...first, next };
}
