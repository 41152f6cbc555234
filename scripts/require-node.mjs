// Runs under any Node.js: says clearly what is missing before a newer syntax fails obscurely.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `mailbadge: error: this needs Node.js 24 or newer, and found ${process.version}\n` +
      'mailbadge: hint: run "npm ci" first: on Linux (x64, arm64) it brings a Node.js 24 of its own; elsewhere install Node.js 24\n',
  );
  process.exit(2);
}
