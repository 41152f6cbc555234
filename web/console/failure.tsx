// A problem in words: by its code in the page's language, the server's own detail where that says more.

import type { ComponentChildren } from 'preact';
import { type ErrorCode, errorCodes } from '../../src/contract/error-codes.ts';
import { errorMessage } from '../../src/contract/messages/error-message.ts';
import { type Locale, useLocale, useLookText } from '../look/locale.tsx';
import { lookMessages } from '../look/look-messages.ts';
import { Loading, Notice } from '../look/panel.tsx';
import type { ApiProblem } from './api.ts';
import type { Resource } from './resource.ts';

type Words = { meaning: string; action: string | undefined; detail: string | undefined };

function wordsOf({ code, detail, hint }: ApiProblem, locale: Locale): Words {
  if (code === 'unreachable') {
    const text = lookMessages[locale];
    return { meaning: text.unreachable, action: text.unreachableAction, detail: undefined };
  }
  if (!isErrorCode(code)) return { meaning: detail ?? code, action: hint, detail: undefined };
  const { meaning, action } = errorMessage(code, locale);
  return { meaning, action: hint !== undefined && locale === 'en' ? hint : action, detail };
}

function isErrorCode(code: string): code is ErrorCode {
  return code in errorCodes;
}

/** `children` says it better where the page knows more than the code. */
export function Failure({ problem, children }: { problem: ApiProblem; children?: ComponentChildren }) {
  const locale = useLocale();
  const text = useLookText();
  const { meaning, action, detail } = wordsOf(problem, locale);
  if (children !== undefined)
    return (
      <Notice kind="bad" alert>
        <p>{children}</p>
      </Notice>
    );
  return (
    <Notice kind="bad" alert>
      <p>
        <strong>{meaning}</strong>
      </p>
      {detail !== undefined && detail !== meaning && <p>{detail}</p>}
      {action !== undefined && <p>{action}</p>}
      {problem.status >= 500 && problem.traceId !== undefined && (
        <p class="small">
          {text.traceId}: <code>{problem.traceId}</code>
        </p>
      )}
    </Notice>
  );
}

type LoadedProps<Answer> = { resource: Resource<Answer>; children(data: Answer): ComponentChildren };

/** Loading, failed with a way to try again, or the answer. A later failure stands above the last answer. */
export function Loaded<Answer>({ resource, children }: LoadedProps<Answer>) {
  const text = useLookText();
  const { data, problem, loading, reload } = resource;
  return (
    <>
      {problem !== undefined && (
        <>
          <Failure problem={problem} />
          <div class="actions">
            <button type="button" class="button" onClick={reload} disabled={loading}>
              {text.retry}
            </button>
          </div>
        </>
      )}
      {data !== undefined ? children(data) : problem === undefined && <Loading />}
    </>
  );
}
