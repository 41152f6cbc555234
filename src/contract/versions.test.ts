import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { compareVersions, minimumProxyVersion, proxyUserAgent, proxyVersionOf, version } from './versions.ts';

test('the version is that of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  assert.equal(version, manifest.version);
  assert.ok(compareVersions(minimumProxyVersion, version) <= 0);
});

test('a proxy is recognised by its User-Agent and by nothing else', () => {
  assert.equal(proxyVersionOf(proxyUserAgent('1.20.3')), '1.20.3');
  assert.equal(proxyVersionOf('curl/8.0 Mailbadge-Proxy/2.0.0'), '2.0.0');
  for (const other of [null, undefined, '', 'Mailbadge-Proxy/1', 'NotMailbadge-Proxy/1.2.3x', 'curl/8.0']) {
    assert.equal(proxyVersionOf(other), undefined, String(other));
  }
});

test('versions compare by number, not by text', () => {
  assert.ok(compareVersions('0.9.0', '0.10.0') < 0);
  assert.ok(compareVersions('2.0.0', '1.99.99') > 0);
  assert.equal(compareVersions('1.2.3', '1.2.3'), 0);
});
