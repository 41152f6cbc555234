// Who may import whom (ARCHITECTURE.md). Data flows down the stages; imports point up.
// `scripts/check-boundaries.ts` runs this and fails when nothing was cruised.

/** Later stages of a service must not be imported by earlier ones. In the order of ARCHITECTURE.md: the way of a badge. */
const proxyStages = ['mailboxes', 'unseen', 'subscriptions', 'publisher'];

const earlierStagesOnly = proxyStages.slice(0, -1).map((stage, index) => ({
  name: `proxy-${stage}-imports-no-later-stage`,
  severity: 'error',
  from: { path: `^src/proxy/${stage}/`, pathNot: '\\.test\\.ts$' },
  to: { path: `^src/proxy/(${proxyStages.slice(index + 1).join('|')}|api)/` },
}));

module.exports = {
  forbidden: [
    {
      name: 'contract-imports-only-zod',
      severity: 'error',
      from: { path: '^src/contract/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^(src/contract/|node_modules/zod/)' },
    },
    {
      name: 'runtime-imports-only-contract',
      severity: 'error',
      from: { path: '^src/runtime/' },
      to: { path: '^src/', pathNot: '^src/(runtime|contract)/' },
    },
    {
      name: 'database-imports-only-runtime',
      severity: 'error',
      from: { path: '^src/database/' },
      to: { path: '^src/', pathNot: '^src/(database|runtime|contract)/' },
    },
    {
      name: 'proxy-and-relay-meet-only-in-contract',
      severity: 'error',
      from: { path: '^src/(proxy|relay)/' },
      to: { path: '^src/', pathNot: '^src/($1|contract|runtime|database)/' },
    },
    {
      name: 'simulators-import-only-contract-and-runtime',
      severity: 'error',
      from: { path: '^src/simulators/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(simulators|contract|runtime)/' },
    },
    {
      name: 'providers-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/relay/providers/([^/]+)/' },
      to: { path: '^src/relay/providers/([^/]+)/', pathNot: '^src/relay/providers/$1/' },
    },
    {
      name: 'providers-know-no-other-stage',
      severity: 'error',
      from: { path: '^src/relay/providers/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/relay/(api|oauth|organizations|targets|delivery|database)/' },
    },
    ...earlierStagesOnly,
    {
      name: 'only-the-composition-roots-know-all-stages',
      severity: 'error',
      from: { path: '^src/(proxy|relay)/[^/]+/' },
      to: { path: '^src/(proxy|relay)/(proxy|relay)\\.ts$' },
    },
    {
      name: 'commands-know-the-top-of-a-service',
      severity: 'error',
      from: { path: '^src/(cli|demo)/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^src/(proxy|relay)/',
        pathNot:
          '^src/(proxy|relay)/((proxy|relay|config|events)\\.ts|administration/)|^src/proxy/mailboxes/mailbox-source\\.ts',
      },
    },
    {
      name: 'no-stage-knows-the-commands',
      severity: 'error',
      from: { path: '^src/(proxy|relay)/[^/]+/', pathNot: '^src/(proxy|relay)/(administration|console)/' },
      to: { path: '^src/(proxy|relay)/administration/' },
    },
    {
      name: 'mail-sources-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/proxy/mailboxes/(dovecot|imap|jmap|cyrus)/' },
      // Every mail server speaks IMAP too: signing in and counting by it is imap/'s, for all sources.
      to: {
        path: '^src/proxy/mailboxes/(dovecot|imap|jmap|cyrus)/',
        pathNot: '^src/proxy/mailboxes/($1|imap)/',
      },
    },
    {
      name: 'imapflow-in-one-folder',
      severity: 'error',
      from: { pathNot: '^(src/proxy/mailboxes/imap/|test/|bench/)' },
      to: { path: '^node_modules/imapflow/' },
    },
    {
      name: 'http2-in-one-file',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(relay/providers/http2-session\\.ts|simulators/)' },
      to: { path: '^(node:)?http2$', dependencyTypes: ['core'] },
    },
    {
      name: 'sql-drivers-in-one-folder',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/database/' },
      to: { path: '^((node:)?sqlite$|node_modules/pg/)' },
    },
    {
      name: 'oidc-provider-in-one-folder',
      severity: 'error',
      from: { pathNot: '^(src/relay/oauth/|test/)' },
      to: { path: '^node_modules/oidc-provider/' },
    },
    {
      name: 'pages-import-only-contract-and-device',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^src/', pathNot: '^src/(contract|device)/' },
    },
    {
      name: 'device-imports-only-contract',
      severity: 'error',
      from: { path: '^src/device/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^src/(contract|device)/|node_modules/zod/' },
    },
    {
      name: 'device-brings-no-library',
      severity: 'error',
      from: { path: '^src/device/', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pages-bring-few-libraries',
      severity: 'error',
      from: { path: '^web/' },
      // zod for types alone: the pages trust their own service, and it weighs more than they do.
      to: {
        path: 'node_modules/',
        pathNot: 'node_modules/(preact|uplot|qrcode-generator|vite|zod)/',
      },
    },
    {
      name: 'pages-validate-nothing',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: 'node_modules/zod/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the-look-knows-no-page',
      severity: 'error',
      from: { path: '^web/look/' },
      to: { path: '^web/(console|app)/' },
    },
    {
      name: 'consoles-do-not-know-each-other',
      severity: 'error',
      from: { path: '^web/console/(relay|proxy)/' },
      to: { path: '^web/console/(relay|proxy)/', pathNot: '^web/console/$1/' },
    },
    {
      name: 'nothing-in-src-imports-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(test|bench|scripts|web)/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(test/fixtures/violations|web/dist)' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['mailbadge-source', 'import', 'node', 'default', 'types'],
    },
  },
};
