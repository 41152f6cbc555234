// What went wrong, in words: what it means, what to do, and what an administrator can look it up by.

import type { ComponentChildren } from 'preact';
import { Notice } from '../../look/panel.tsx';
import { isLimit, kindOfCode, type ProblemKind } from '../problem-kind.ts';
import { useText } from '../text.ts';
import type { Trouble } from '../trouble.ts';

type TroubleNoticeProps = {
  trouble: Trouble;
  kind?: 'warn' | 'bad';
  /** What can be done at once. */
  children?: ComponentChildren;
};

export function TroubleNotice({ trouble, kind = 'bad', children }: TroubleNoticeProps) {
  const text = useText();
  const problem = kindOfCode(trouble.code);
  return (
    <Notice kind={kind} alert>
      <ProblemWords kind={problem} />
      <RetryAfter trouble={trouble} />
      {problem === 'server' && trouble.traceId !== undefined && (
        <p class="small">
          {text.traceId}: <code>{trouble.traceId}</code>
        </p>
      )}
      {children}
    </Notice>
  );
}

export function ProblemWords({ kind }: { kind: ProblemKind }) {
  const words = useText().problems[kind];
  return (
    <>
      <p>
        <strong>{words.title}</strong>
      </p>
      <p>{words.text}</p>
    </>
  );
}

function RetryAfter({ trouble: { code, retryAfterMs = 0 } }: { trouble: Trouble }) {
  const text = useText();
  if (!isLimit(kindOfCode(code))) return null;
  return <p>{text.waitMinutes(Math.max(1, Math.ceil(retryAfterMs / 60_000)))}</p>;
}
