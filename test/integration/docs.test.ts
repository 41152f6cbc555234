// What the documentation says can be done: every `mailbadge …` in it is a command with those options, every relative
// link leads somewhere, every file and folder that it names exists, every configuration in it is taken, and the
// example units run commands that exist.

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { createProgram } from '../../src/cli/program.ts';
import { parseProxyConfig } from '../../src/proxy/config.ts';
import { parseRelayConfig } from '../../src/relay/config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['*.md', 'docs/**/*.md', '{src,web,test,bench}/**/README.md'].flatMap(pattern =>
  globSync(pattern, { cwd: root }),
);
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

/** What stands in fenced blocks and in `code`, a line each. Long lines that a backslash continues are joined. */
function codeOf(text: string): string[] {
  const fenced = [...text.matchAll(/^```[^\n]*\n(.*?)^```/gms)].map(([, block = '']) => block);
  const inline = [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/`([^`]+)`/g)].map(
    ([, code = '']) => code,
  );
  return [...fenced, ...inline].flatMap(code => code.replaceAll(/\\\n\s*/g, ' ').split('\n'));
}

/** The words after `mailbadge`, where it stands as a command: at the start, or after what starts commands. */
function commandsOf(text: string): string[] {
  return codeOf(text).flatMap(line =>
    [
      ...line.matchAll(/(?:^|[("$&|]\s*|\bsudo -u mailbadge\s)mailbadge ([^"|&;#)]*(?:"[^"]*"[^"|&;#)]*)?)/g),
    ].map(([, words = '']) => words.trim()),
  );
}

/** Why the words are no command, or undefined. */
function wrong(program: Command, words: string): string | undefined {
  let command = program;
  let named = 0;
  const tokens = words.match(/"[^"]*"|\S+/g) ?? [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? '';
    if (token === '…' || token === '--' || token === '\\') continue;
    if (token.startsWith('-')) {
      const [flag = ''] = token.split('=');
      const option = [...command.options, ...program.options].find(
        ({ long, short }) => flag === long || flag === short,
      );
      if (option === undefined) return `"${command.name()}" has no option ${flag}`;
      const next = tokens[i + 1];
      if (option.required && !token.includes('=')) {
        if (next === undefined) return `${flag} lacks its value`;
        i++;
      } else if (option.optional && next !== undefined && !next.startsWith('-')) i++;
      continue;
    }
    const below = command.commands.find(each => each.name() === token || each.aliases().includes(token));
    if (below !== undefined) command = below;
    else if (command.commands.length > 0) return `"${command.name()}" has no command ${token}`;
    else if (++named > command.registeredArguments.length) return `"${command.name()}" takes no ${token}`;
  }
  return undefined;
}

test('every command in the documentation exists, with its options', async () => {
  const program = await createProgram({ wanted: () => true });
  const found = pages.flatMap(page => commandsOf(read(page)).map(words => ({ page, words })));
  assert.ok(found.length > 40, `only ${found.length} commands were found`);
  const faults = found.flatMap(({ page, words }) => {
    const fault = wrong(program, words);
    return fault === undefined ? [] : [`${page}: mailbadge ${words}: ${fault}`];
  });
  assert.deepEqual(faults, []);
  assert.match(wrong(program, 'proxy serv') ?? '', /no command serv/);
  assert.match(wrong(program, 'proxy serve --fast') ?? '', /no option --fast/);
  assert.match(wrong(program, 'proxy serve now') ?? '', /takes no now/);
});

test('every relative link leads to a file, and to a heading where it names one', () => {
  const links = pages.flatMap(page =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter(target => !/^[a-z]+:/.test(target))
      .map(target => ({ page, target })),
  );
  assert.ok(links.length > 20, `only ${links.length} links were found`);
  const dead = links.filter(({ page, target }) => {
    const [path = '', heading] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(root, file))) return true;
    return heading !== undefined && !headingsOf(read(file)).includes(heading);
  });
  assert.deepEqual(dead, []);
});

test('every file and folder that the documentation names exists', () => {
  const places = '{src,web,test,docs,scripts,bench,examples}/**';
  const exclude = (path: string) => /(^|\/)(node_modules|dist)$/.test(path);
  const tree = ['.', ...globSync(['*', '.*', places], { cwd: root, exclude })];
  const exists = (name: string) =>
    tree.some(path => `/${path}`.endsWith(`/${name.replaceAll(/^(\.\.\/)+|\/$/g, '')}`));
  const isName = (word: string) => /^[\w.-]+(\/[\w.-]+)*(\/|\.(ts|tsx|mjs|cjs|md|sh))$/.test(word);
  const named = pages.flatMap(page =>
    [...read(page).matchAll(/`([^`\s]+)`/g)].flatMap(([, word = '']) =>
      isName(word) ? [{ page, word }] : [],
    ),
  );
  assert.ok(named.length > 60, `only ${named.length} names were found`);
  assert.deepEqual(
    named.filter(({ word }) => !exists(word)),
    [],
  );
  // The tree of ARCHITECTURE.md: each line below the folder that is indented less.
  const [, drawn = ''] = /^```\n(src\/\n.*?)^```/ms.exec(read('ARCHITECTURE.md')) ?? [];
  const above: { indent: number; path: string }[] = [];
  const missing = drawn.split('\n').flatMap(line => {
    const indent = line.search(/\S/);
    const [first = '', ...more] = line.split(/[\s:;,()]+/).filter(isName);
    if (!line.trimStart().startsWith(first) || first === '') return [];
    while ((above.at(-1)?.indent ?? -1) >= indent) above.pop();
    const path = join(above.at(-1)?.path ?? '', first);
    above.push({ indent, path });
    return [...(existsSync(join(root, path)) ? [] : [path]), ...more.filter(name => !exists(name))];
  });
  assert.ok(drawn.split('\n').length > 40);
  assert.deepEqual(missing, []);
  assert.equal(exists('no-such-file.ts'), false);
});

function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('every configuration in the documentation is taken', () => {
  const blocks = pages.flatMap(page =>
    [...read(page).matchAll(/^```yaml\n# (proxy|relay)\n(.*?)^```/gms)].map(([, service, text = '']) => ({
      service,
      text,
    })),
  );
  assert.ok(blocks.length >= 4, `only ${blocks.length} configurations were found`);
  for (const { service, text } of blocks) {
    if (service === 'proxy') assert.ok(parseProxyConfig(parse(text)).mailboxes.source !== undefined, text);
    else assert.ok(parseRelayConfig(parse(text)).apps.length > 0, text);
  }
});

test('the example units start commands that exist; the example alerts name metrics that exist', async () => {
  const program = await createProgram({ wanted: () => true });
  const units = globSync('examples/systemd/*.service', { cwd: root });
  assert.equal(units.length, 2);
  for (const unit of units) {
    const [, words = ''] = /^ExecStart=\S+\/mailbadge (.+)$/m.exec(read(unit)) ?? [];
    assert.match(words, / serve /);
    assert.equal(wrong(program, words), undefined, unit);
  }
  const known = new Set(
    [...read('docs/reference/metrics.md').matchAll(/`(mailbadge_\w+)`/g)].map(([, name]) => name),
  );
  const alerts = parse(read('examples/prometheus/alerts.yaml')) as {
    groups: { rules: { expr: string }[] }[];
  };
  const used = alerts.groups.flatMap(({ rules }) =>
    rules.flatMap(({ expr }) => expr.match(/mailbadge_\w+/g) ?? []),
  );
  assert.ok(used.length > 8);
  assert.deepEqual(
    used.filter(name => !known.has(name)),
    [],
  );
});
