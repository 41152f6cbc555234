// What was done, said once at the foot of the page and by a screen reader. Only for news that the page shows anyway:
// a failure stays where it happened.

import { useEffect, useState } from 'preact/hooks';

const news = new EventTarget();
const shownForMs = 6000;

export function announce(text: string): void {
  news.dispatchEvent(new CustomEvent('announce', { detail: text }));
}

export function Toasts() {
  const [texts, setTexts] = useState<{ id: number; text: string }[]>([]);
  useEffect(() => {
    let last = 0;
    const add = (event: Event) => {
      last += 1;
      const id = last;
      setTexts(now => [...now.slice(-2), { id, text: String((event as CustomEvent<unknown>).detail) }]);
      setTimeout(() => setTexts(now => now.filter(toast => toast.id !== id)), shownForMs);
    };
    news.addEventListener('announce', add);
    return () => news.removeEventListener('announce', add);
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {texts.map(({ id, text }) => (
        <div class="toast" key={id}>
          {text}
        </div>
      ))}
    </div>
  );
}
