// Steps of something that takes a while: each with its state as a sign and, for a screen reader, as a word.

import type { ComponentChildren } from 'preact';
import { useLookText } from './locale.tsx';

export type StepState = 'waiting' | 'running' | 'done' | 'failed';

export type Step = { name: ComponentChildren; state: StepState };

export function Steps({ steps, label }: { steps: readonly Step[]; label: string }) {
  const words = useLookText().stepStates;
  return (
    <ol class="steps" aria-label={label} aria-live="polite">
      {steps.map(({ name, state }, index) => (
        <li key={index} class={state} aria-current={state === 'running' ? 'step' : undefined}>
          <span class="step-sign" aria-hidden="true">
            {state === 'done' && '✓'}
            {state === 'failed' && '✕'}
          </span>
          <span>
            {name} <span class="visually-hidden">({words[state]})</span>
          </span>
        </li>
      ))}
    </ol>
  );
}
