// A titled part of a page, and what stands in it when there is nothing else.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { useLookText } from './locale.tsx';

type PanelProps = { title: string; children: ComponentChildren; actions?: ComponentChildren };

export function Panel({ title, children, actions }: PanelProps) {
  const id = useId();
  return (
    <section class="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

export function Loading() {
  const text = useLookText();
  return (
    <div class="loading" role="status">
      <span />
      <span />
      <span />
      <p class="visually-hidden">{text.loading}</p>
    </div>
  );
}

type NoticeProps = { kind?: 'good' | 'warn' | 'bad'; children: ComponentChildren; alert?: boolean };

/** `alert`: told at once by a screen reader, for what just happened. */
export function Notice({ kind, children, alert }: NoticeProps) {
  return (
    <div class={kind ? `notice ${kind}` : 'notice'} role={alert ? 'alert' : undefined}>
      {children}
    </div>
  );
}

export type Tone = 'good' | 'warn' | 'bad' | 'accent';

/** A state in one word. Never by colour alone: the word is the state. */
export function Pill({ tone, children }: { tone?: Tone | undefined; children: ComponentChildren }) {
  return <span class={tone ? `pill ${tone}` : 'pill'}>{children}</span>;
}
