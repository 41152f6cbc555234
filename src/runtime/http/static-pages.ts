// Serves built pages: a console's, or the web app's. They are read into memory when the service starts, and a request is
// answered by looking its path up, letter for letter: no spelling of a path reaches the disk. A page's own routes
// (/console/keys) are answered with its index. Nothing that a page loads may come from elsewhere.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RequestHandler } from './listener.ts';

type Page = { body: Buffer; type: string; etag: string; immutable: boolean };

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Content-Security-Policy, by directive. */
export type PagePolicy = Readonly<Record<string, string>>;

const strictPolicy: PagePolicy = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'font-src': "'self'",
  'frame-ancestors': "'none'",
  'base-uri': "'none'",
  'form-action': "'self'",
};

const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const notBuilt =
  'The pages that belong here are not built. Run "npm run build:web" and start the service again.\n';

/** Where `npm run build:web` puts pages: beside src/ in a checkout, beside dist/ in the published package. */
export function pagesFolder(name: 'relay-console' | 'proxy-console' | 'app'): string {
  return fileURLToPath(new URL(`../../../web/dist/${name}/`, import.meta.url));
}

export type StaticPagesOptions = {
  folder: string;
  prefix: string;
  /** Directives beside, or in place of, those that all pages have; asked at each request, with its path in the folder. */
  policy?: (path: string) => PagePolicy;
  /** What stands in a file once it is served, by its path in the folder. */
  rewrite?: Readonly<Record<string, (text: string) => string>>;
};

/** Answers `prefix` and everything below it. */
export function openStaticPages({
  folder,
  prefix,
  policy = () => ({}),
  rewrite = {},
}: StaticPagesOptions): RequestHandler {
  const pages = readPages(folder, rewrite);
  const index = pages.get('index.html');
  const route = new RegExp(`^${prefix}(/[A-Za-z0-9_-]+)*/?$`);
  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answerText(response, 405, 'only GET and HEAD\n', { allow: 'GET, HEAD' });
      return;
    }
    if (index === undefined) {
      answerText(response, 503, notBuilt);
      return;
    }
    const file = path.startsWith(`${prefix}/`) ? pages.get(path.slice(prefix.length + 1)) : undefined;
    const page = file ?? (route.test(path) ? index : undefined);
    if (page === undefined) {
      answerText(response, 404, 'nothing is here\n');
      return;
    }
    response.setHeaders(
      new Headers({
        ...securityHeaders,
        ...policyHeader({ ...strictPolicy, ...policy(path.slice(prefix.length + 1)) }),
        etag: page.etag,
        'cache-control': page.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      }),
    );
    if (isKnown(request.headers['if-none-match'], page.etag)) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, { 'content-type': page.type, 'content-length': page.body.length });
    response.end(request.method === 'HEAD' ? undefined : page.body);
  };
}

/** By path relative to the folder; empty where the pages were not built. Dot files and unknown types stay out. */
function readPages(
  folder: string,
  rewrite: Readonly<Record<string, (text: string) => string>>,
): Map<string, Page> {
  let entries: string[];
  try {
    entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  const pages = new Map<string, Page>();
  for (const entry of entries) {
    const path = entry.split(sep).join('/');
    const type = types[extname(path)];
    if (type === undefined || /(^|\/)\./.test(path)) continue;
    const original = readFileSync(join(folder, entry));
    const rewritten = Object.hasOwn(rewrite, path) ? rewrite[path]?.(original.toString('utf8')) : undefined;
    const body = rewritten === undefined ? original : Buffer.from(rewritten);
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    // The builder puts what carries a hash in its name into assets/.
    pages.set(path, { body, type, etag, immutable: path.startsWith('assets/') });
  }
  return pages;
}

function policyHeader(policy: PagePolicy): { 'content-security-policy': string } {
  const directives = Object.entries(policy).map(([name, sources]) => `${name} ${sources}`);
  return { 'content-security-policy': directives.join('; ') };
}

/** RFC 9110 §13.1.2: a list, or *; weak comparison. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some(each => ['*', etag].includes(each.trim().replace(/^W\//, '')));
}

function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    ...securityHeaders,
    ...policyHeader(strictPolicy),
    ...headers,
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(text);
}
