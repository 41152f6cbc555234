// `npm run build:web`: bundles the pages of both consoles and the device web app into web/dist, where the services serve
// them from. Does nothing when no input changed since, so that every test run may call it. The services' CSP allows no
// inline script or style; a build that would need one fails, and so does one that weighs more than a phone should load.

import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

type Site = {
  name: string;
  root: string;
  base: string;
  /** A service worker's entry, bundled into one classic script that knows what was built beside it. */
  worker?: string;
  /** All script together, gzipped. */
  budgetBytes?: number;
};

const sites: readonly Site[] = [
  { name: 'relay-console', root: 'web/console/relay', base: '/console/' },
  { name: 'proxy-console', root: 'web/console/proxy', base: '/' },
  {
    name: 'app',
    root: 'web/app',
    base: '/app/',
    worker: 'web/app/service-worker/service-worker.ts',
    budgetBytes: 60_000,
  },
];

const project = join(import.meta.dirname, '..');

/** Builds what is out of date and answers the names of what it built. */
export async function buildWeb(): Promise<string[]> {
  const dist = join(project, 'web/dist');
  const stamp = join(dist, 'inputs.sha256');
  const inputs = hashOfInputs();
  if (readIfThere(stamp) === inputs) return [];
  mkdirSync(dist, { recursive: true });
  for (const site of sites) await buildSite(site, dist);
  writeFileSync(stamp, inputs);
  return sites.map(({ name }) => name);
}

async function buildSite(site: Site, dist: string): Promise<void> {
  const fresh = join(dist, `${site.name}.${process.pid}`);
  try {
    await bundlePages(site, fresh);
    assertNothingInline(join(fresh, 'index.html'));
    if (site.worker !== undefined) await bundleWorker(site, site.worker, fresh);
    assertWithinBudget(site, fresh);
    rmSync(join(dist, site.name), { recursive: true, force: true });
    renameSync(fresh, join(dist, site.name));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function bundlePages({ root, base }: Site, outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: join(project, root),
    base,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      cssTarget: 'esnext', // light-dark() stays as it is
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0, // a data: URL would need a wider CSP
      reportCompressedSize: false,
    },
  });
}

/** Firefox ESR and Safari take a classic script in every version; a module worker they do not. */
async function bundleWorker({ base }: Site, entry: string, outDir: string): Promise<void> {
  const files = filesOf(outDir).filter(path => /^(index\.html|assets\/.*|icons\/icon-192\.png)$/.test(path));
  const contents = createHash('sha256');
  for (const path of files) contents.update(`${path}\0`).update(readFileSync(join(outDir, path)));
  await build({
    configFile: false,
    root: join(project, 'web'),
    publicDir: false,
    logLevel: 'warn',
    define: {
      __PRECACHE__: JSON.stringify(files.map(path => base + path.replace(/^index\.html$/, ''))),
      __VERSION__: JSON.stringify(contents.digest('hex').slice(0, 16)),
    },
    build: {
      outDir,
      emptyOutDir: false,
      target: 'es2022',
      reportCompressedSize: false,
      rolldownOptions: {
        input: join(project, entry),
        output: { format: 'iife', entryFileNames: 'service-worker.js' },
      },
    },
  });
}

function hashOfInputs(): string {
  const hash = createHash('sha256');
  const files = globSync(
    ['web/{look,console,app}/**', 'src/{contract,device}/**', 'scripts/build-web.ts', 'package-lock.json'],
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

function assertWithinBudget({ name, budgetBytes = Infinity }: Site, folder: string): void {
  const { always, sometimes } = scriptBytes(folder);
  if (always + sometimes > budgetBytes) {
    throw new Error(
      `${name} has ${kB(always + sometimes)} of script, compressed: more than ${kB(budgetBytes)}`,
    );
  }
}

/** The script that every page loads, and what some pages load besides (a worker too), as a browser receives them. */
function scriptBytes(folder: string): { always: number; sometimes: number } {
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const sizes = { always: 0, sometimes: 0 };
  for (const path of filesOf(folder).filter(file => file.endsWith('.js'))) {
    const when = html.includes(basename(path)) ? 'always' : 'sometimes';
    sizes[when] += gzipSync(readFileSync(join(folder, path))).length;
  }
  return sizes;
}

/** Paths relative to the folder, with slashes, in order. */
function filesOf(folder: string): string[] {
  return globSync('**', { cwd: folder, withFileTypes: true })
    .filter(file => file.isFile())
    .map(file => relative(folder, join(file.parentPath, file.name)).split(sep).join('/'))
    .toSorted();
}

function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

if (import.meta.main) {
  const built = await buildWeb();
  if (built.length === 0) process.stderr.write('web: nothing changed since the last build\n');
  for (const name of built) {
    const { always, sometimes } = scriptBytes(join(project, 'web/dist', name));
    process.stderr.write(`web/dist/${name}: ${kB(always)} of script, compressed, and ${kB(sometimes)} on demand
`);
  }
}
