// Calls to the console's own service. Every answer that is no success becomes an ApiProblem; that a session ended is
// told to the page around, which asks to sign in again and then shows the same page.

import type { Problem } from '../../src/contract/problem.ts';

/** `unreachable` when no answer came at all. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly traceId: string | undefined;
  readonly status: number;

  constructor(status: number, { code, detail, hint, traceId }: Partial<Problem>) {
    super(code ?? 'internal-error');
    this.code = this.message;
    this.detail = detail;
    this.hint = hint;
    this.traceId = traceId;
    this.status = status;
  }
}

export type Api = {
  get<Answer>(path: string, signal?: AbortSignal): Promise<Answer>;
  send<Answer = void>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Answer>;
};

const sessionCodes = ['session-missing', 'session-invalid'];

export function createApi({ base, onSessionEnded }: { base: string; onSessionEnded(): void }): Api {
  async function call<Answer>(path: string, request: RequestInit): Promise<Answer> {
    const response = await reach(base + path, request);
    if (response.ok) return (response.status === 204 ? undefined : await response.json()) as Answer;
    const problem = new ApiProblem(response.status, await problemOf(response));
    if (sessionCodes.includes(problem.code)) onSessionEnded();
    throw problem;
  }
  return {
    get: (path, signal) => call(path, { headers: { accept: 'application/json' }, ...(signal && { signal }) }),
    send: (method, path, body) =>
      call(path, {
        method,
        // The header proves that a page of ours asked: another site's form cannot set it.
        headers: {
          'x-mailbadge-console': '1',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  };
}

async function reach(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiProblem(0, { code: 'unreachable' });
  }
}

async function problemOf(response: Response): Promise<Partial<Problem>> {
  try {
    return (await response.json()) as Partial<Problem>;
  } catch {
    return { code: 'internal-error', detail: `HTTP ${response.status}` };
  }
}

export function asProblem(error: unknown): ApiProblem {
  return error instanceof ApiProblem ? error : new ApiProblem(0, { detail: String(error) });
}
