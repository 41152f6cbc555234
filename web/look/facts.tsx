// The list form: what is known of one thing, name by name. What is absent is left out or shown as a dash.

import type { ComponentChildren } from 'preact';

export type Fact = readonly [name: string, value: ComponentChildren] | false;

export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts
        .filter(fact => fact !== false)
        .map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name}=`}>{value ?? '–'}</dd>])}
    </dl>
  );
}

type Figure = { name: string; value: string; tone?: 'warn' | 'bad' | undefined };

/** A few numbers in large type. */
export function Numbers({ figures }: { figures: readonly Figure[] }) {
  return (
    <dl class="numbers">
      {figures.map(({ name, value, tone }) => (
        <div class={tone ? `number ${tone}` : 'number'} key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
