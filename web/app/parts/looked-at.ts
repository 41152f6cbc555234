// Whether something was really looked at: on the screen, in a page that is shown, for a moment. Not merely drawn.

import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

const momentMs = 1000;

/** Calls once per `key`; undefined while there is nothing to look at yet. */
export function useLookedAt(
  element: RefObject<Element | null>,
  key: string | undefined,
  onLooked: () => void,
): void {
  useEffect(() => {
    const { current } = element;
    if (current === null || key === undefined) return;
    let onScreen = false;
    let timer: number | undefined;
    const judge = () => {
      clearTimeout(timer);
      if (!onScreen || document.visibilityState !== 'visible') return;
      timer = window.setTimeout(() => {
        stop();
        onLooked();
      }, momentMs);
    };
    const observer = new IntersectionObserver(entries => {
      onScreen = entries.at(-1)?.isIntersecting ?? false;
      judge();
    });
    const stop = () => {
      clearTimeout(timer);
      observer.disconnect();
      document.removeEventListener('visibilitychange', judge);
    };
    observer.observe(current);
    document.addEventListener('visibilitychange', judge);
    return stop;
  }, [key]);
}
