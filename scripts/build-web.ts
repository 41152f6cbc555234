// `npm run build:web`: bundles the pages of both consoles into web/dist, where the services serve them from. Does
// nothing when no input changed since, so that every test run may call it. The services' CSP allows no inline
// script or style; a build that would need one fails.

import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const consoles = [
  { name: 'relay-console', root: 'web/console/relay', base: '/console/' },
  { name: 'proxy-console', root: 'web/console/proxy', base: '/' },
] as const;

const project = join(import.meta.dirname, '..');

/** Builds what is out of date and answers the names of what it built. */
export async function buildWeb(): Promise<string[]> {
  const dist = join(project, 'web/dist');
  const stamp = join(dist, 'inputs.sha256');
  const inputs = hashOfInputs();
  if (readIfThere(stamp) === inputs) return [];
  mkdirSync(dist, { recursive: true });
  for (const { name, root, base } of consoles) {
    const fresh = join(dist, `${name}.${process.pid}`);
    await build({
      configFile: false,
      root: join(project, root),
      base,
      publicDir: false,
      logLevel: 'warn',
      oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
      build: {
        outDir: fresh,
        emptyOutDir: true,
        target: 'es2022',
        cssTarget: 'esnext', // light-dark() stays as it is
        modulePreload: { polyfill: false },
        assetsInlineLimit: 0, // a data: URL would need a wider CSP
        reportCompressedSize: false,
      },
    });
    assertNothingInline(join(fresh, 'index.html'));
    rmSync(join(dist, name), { recursive: true, force: true });
    renameSync(fresh, join(dist, name));
  }
  writeFileSync(stamp, inputs);
  return consoles.map(({ name }) => name);
}

function hashOfInputs(): string {
  const hash = createHash('sha256');
  const files = globSync(
    ['web/look/**', 'web/console/**', 'src/contract/**', 'scripts/build-web.ts', 'package-lock.json'],
    { cwd: project, withFileTypes: true },
  );
  const paths = files.filter(file => file.isFile()).map(file => join(file.parentPath, file.name));
  for (const path of paths.toSorted()) hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // never built
  }
}

function assertNothingInline(path: string): void {
  const html = readFileSync(path, 'utf8');
  if (/<style|style=|<script(?![^>]*\ssrc=)/.test(html))
    throw new Error(`${path} has an inline script or style`);
}

/** The script that every page of a console loads, and what some pages load besides, as a browser receives them. */
function scriptBytes(name: string): { always: number; sometimes: number } {
  const html = readFileSync(join(project, `web/dist/${name}/index.html`), 'utf8');
  const sizes = { always: 0, sometimes: 0 };
  for (const path of globSync(`web/dist/${name}/assets/*.js`, { cwd: project })) {
    const when = html.includes(basename(path)) ? 'always' : 'sometimes';
    sizes[when] += gzipSync(readFileSync(join(project, path))).length;
  }
  return sizes;
}

if (import.meta.main) {
  const built = await buildWeb();
  if (built.length === 0) process.stdout.write('web: nothing changed since the last build\n');
  const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  for (const name of built) {
    const { always, sometimes } = scriptBytes(name);
    process.stdout.write(`web/dist/${name}: ${kB(always)} of script, compressed, and ${kB(sometimes)} on demand
`);
  }
}
