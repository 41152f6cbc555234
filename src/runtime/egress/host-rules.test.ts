import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../errors.ts';
import { createHostRules } from './host-rules.ts';

const rules = createHostRules({
  allow: ['web.push.apple.com', 'FCM.googleapis.com', '*.notify.windows.com'],
  dangerouslyAllow: ['127.0.0.1:9443', 'localhost:9443', '[::1]:9443'],
});

function reasonFor(url: string): string {
  const judgement = rules.judge(url);
  return judgement.allowed ? `allowed as ${judgement.url.hostname}:${judgement.url.port}` : judgement.reason;
}

const cases: Record<string, [url: string, expected: string][]> = {
  'allowed hosts': [
    ['https://web.push.apple.com/QGw', 'allowed as web.push.apple.com:443'],
    ['https://WEB.PUSH.apple.COM/QGw', 'allowed as web.push.apple.com:443'],
    ['https://web.push.apple.com:443/QGw', 'allowed as web.push.apple.com:443'],
    ['https://fcm.googleapis.com/fcm/send/x', 'allowed as fcm.googleapis.com:443'],
    ['https://db5p.notify.windows.com/w/?token=x', 'allowed as db5p.notify.windows.com:443'],
  ],
  'suffix tricks': [
    ['https://evil-web.push.apple.com/', 'host-not-allowed'],
    ['https://evilweb.push.apple.com/', 'host-not-allowed'],
    ['https://push.apple.com/', 'host-not-allowed'],
    ['https://web.push.apple.com.evil.com/', 'host-not-allowed'],
    ['https://sub.web.push.apple.com/', 'host-not-allowed'],
    ['https://evilnotify.windows.com/', 'host-not-allowed'],
    ['https://notify.windows.com/', 'host-not-allowed'],
    ['https://.notify.windows.com/', 'host-not-allowed'],
    ['https://=.notify.windows.com/', 'host-not-allowed'],
    ["https://a'b.notify.windows.com/", 'host-not-allowed'],
    ['https://a.notify.windows.com.evil.com/', 'host-not-allowed'],
  ],
  'an allowed host elsewhere in the URL': [
    ['https://evil.com/web.push.apple.com/', 'host-not-allowed'],
    ['https://evil.com/?https://web.push.apple.com', 'host-not-allowed'],
    ['https://evil.com/#@web.push.apple.com', 'host-not-allowed'],
    ['https://evil.com\\@web.push.apple.com/', 'host-not-allowed'],
    ['https://evil.com/https://web.push.apple.com:443/', 'host-not-allowed'],
  ],
  'credentials before the host': [
    ['https://web.push.apple.com@evil.com/', 'has-credentials'],
    ['https://web.push.apple.com:443@127.0.0.1/', 'has-credentials'],
    ['https://user@web.push.apple.com/', 'has-credentials'],
    ['https://:pass@web.push.apple.com/', 'has-credentials'],
  ],
  'other schemes': [
    ['http://web.push.apple.com/', 'not-https'],
    ['http://web.push.apple.com:443/', 'not-https'],
    ['ftp://web.push.apple.com/', 'not-https'],
    ['file:///etc/passwd', 'not-https'],
    ['data:text/plain,x', 'not-https'],
    ['//web.push.apple.com/', 'not-a-url'],
    ['web.push.apple.com', 'not-a-url'],
    ['', 'not-a-url'],
    ['https://', 'not-a-url'],
  ],
  'other ports': [
    ['https://web.push.apple.com:8443/', 'port-not-443'],
    ['https://web.push.apple.com:80/', 'port-not-443'],
    ['https://web.push.apple.com:0/', 'port-not-443'],
    ['https://web.push.apple.com:65536/', 'not-a-url'],
    ['https://web.push.apple.com:443:80/', 'not-a-url'],
    ['https://web.push.apple.com:００443/', 'not-a-url'], // digits of full width
  ],
  'spellings of loopback': [
    ['https://127.0.0.1/', 'host-not-allowed'],
    ['https://2130706433/', 'host-not-allowed'],
    ['https://0x7f000001/', 'host-not-allowed'],
    ['https://0x7f.1/', 'host-not-allowed'],
    ['https://017700000001/', 'host-not-allowed'],
    ['https://0177.0.0.1/', 'host-not-allowed'],
    ['https://127.1/', 'host-not-allowed'],
    ['https://0/', 'host-not-allowed'],
    ['https://[::1]/', 'host-not-allowed'],
    ['https://[::ffff:127.0.0.1]/', 'host-not-allowed'],
    ['https://[64:ff9b::7f00:1]/', 'host-not-allowed'],
    ['https://[::127.0.0.1]/', 'host-not-allowed'],
    ['https://①②⑦.0.0.1/', 'host-not-allowed'],
    ['https://localhost/', 'host-not-allowed'],
  ],
  'spellings of the link-local address that clouds keep their secrets at, and of no address': [
    ['https://169.254.169.254/latest/meta-data/', 'host-not-allowed'],
    ['https://0xa9fea9fe/', 'host-not-allowed'],
    ['https://0251.0376.0251.0376/', 'host-not-allowed'],
    ['https://2852039166/', 'host-not-allowed'],
    ['https://[::ffff:a9fe:a9fe]/', 'host-not-allowed'],
    ['https://[fe80::1]/', 'host-not-allowed'],
    ['https://[fe80::1%eth0]/', 'not-a-url'], // zone ids
    ['https://[fe80::1%25eth0]/', 'not-a-url'],
    ['https://0.0.0.0/', 'host-not-allowed'],
    ['https://0x/', 'host-not-allowed'],
    ['https://[::]/', 'host-not-allowed'],
    ['https://256.256.256.256/', 'not-a-url'],
  ],
  'names that look alike': [
    ['https://web.push.apple.com./', 'host-not-allowed'],
    ['https://web.push.аpple.com/', 'host-not-allowed'], // Cyrillic а
    ['https://web.push.xn--pple-43d.com/', 'host-not-allowed'] /* the same, in punycode */,
    ['https://web。push。apple。com/', 'allowed as web.push.apple.com:443'], // ideographic full stops are dots (UTS 46)
    ['https://ｗeb.push.apple.com/', 'allowed as web.push.apple.com:443'], // full width is the same letter (UTS 46)
    ['https://web.pu\u00adsh.apple.com/', 'allowed as web.push.apple.com:443'], // a soft hyphen is nothing (UTS 46)
    ['https://web.pu\u200dsh.apple.com/', 'not-a-url'], // a joiner is not
    ['https://web..push.apple.com/', 'host-not-allowed'],
    ['https://web.push.apple.com／evil.com/', 'not-a-url'], // a solidus of full width
    ['https://web.push.apple.com\u2100.evil.com/', 'not-a-url'], // "a/c" in one character
    ['https://web.push.apple.com%2eevil.com/', 'host-not-allowed'],
    ['https://web.push.apple.com%00.evil.com/', 'not-a-url'],
    ['https://web.push.apple.com\t.evil.com/', 'host-not-allowed'],
  ],
  'what the operator allowed dangerously, exactly': [
    ['https://127.0.0.1:9443/x', 'allowed as 127.0.0.1:9443'],
    ['https://2130706433:9443/x', 'allowed as 127.0.0.1:9443'], // the same host, as the URL standard reads it
    ['https://localhost:9443/x', 'allowed as localhost:9443'],
    ['https://[::1]:9443/x', 'allowed as ::1:9443'],
    ['http://127.0.0.1:9443/x', 'not-https'],
    ['https://u@127.0.0.1:9443/x', 'has-credentials'],
    ['https://127.0.0.1:9444/x', 'port-not-443'],
    ['https://127.0.0.1/x', 'host-not-allowed'],
    ['https://127.0.0.2:9443/x', 'port-not-443'],
    ['https://localhost.:9443/x', 'port-not-443'],
  ],
};

for (const [kind, urls] of Object.entries(cases)) {
  test(kind, () => {
    for (const [url, expected] of urls) assert.equal(reasonFor(url), expected, url);
  });
}

test('origin and path are those of the parsed URL', () => {
  const judgement = rules.judge('https://WEB.push.apple.com:443/a/../b?c=d#e');
  assert.deepEqual(judgement, {
    allowed: true,
    url: {
      origin: 'https://web.push.apple.com',
      hostname: 'web.push.apple.com',
      port: 443,
      path: '/b?c=d',
      dangerous: false,
    },
  });
});

test('entries that cannot mean what they seem to say are refused at start', () => {
  for (const entry of [
    '*',
    '*.com',
    'https://a.example.com',
    'a.example.com/x',
    'a.example.com:443',
    'a*.b.com',
    '',
  ])
    assert.throws(() => createHostRules({ allow: [entry] }), AppError, entry);
  for (const entry of [
    '127.0.0.1',
    'localhost',
    ':9443',
    'localhost:99999',
    'user@localhost:9443',
    'localhost:9443/x',
  ])
    assert.throws(() => createHostRules({ allow: [], dangerouslyAllow: [entry] }), AppError, entry);
});

test('property: any text has an answer, and only listed hosts are allowed', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc
      .tuple(
        fc.constantFrom('https://', 'https:', 'https:\\\\', 'HTTPS://', ' https://', 'http://'),
        fc.array(
          fc.oneof(
            fc.constantFrom(
              'web.push.apple.com',
              '.notify.windows.com',
              '@',
              ':',
              '/',
              '\\',
              '#',
              '?',
              '.',
              '%2e',
            ),
            fc.string({ unit: 'binary', maxLength: 4 }),
            fc.ipV4Extended(),
            fc.ipV6(),
          ),
          { maxLength: 6 },
        ),
      )
      .map(([scheme, parts]) => scheme + parts.join('')),
  );
  fc.assert(
    fc.property(hostile, text => {
      const judgement = rules.judge(text);
      if (!judgement.allowed || judgement.url.dangerous) return;
      const { hostname, port } = judgement.url;
      assert.equal(port, 443);
      assert.match(hostname, /^(web\.push\.apple\.com|fcm\.googleapis\.com|.+\.notify\.windows\.com)$/);
      assert.ok(URL.canParse(`https://${hostname}/`));
    }),
    { numRuns: 2000 },
  );
});
