import assert from 'node:assert/strict';
import { test } from 'node:test';
import qrcode from 'qrcode-generator';
import { qrCodeLines, terminalQrCode } from './terminal-qr-code.ts';

const url = 'https://relay.example.com/approve?code=BCDF-GHJK';

test('the half blocks show every module, with the quiet zone around it', () => {
  const code = qrcode(0, 'M');
  code.addData(url);
  code.make();
  const size = code.getModuleCount();
  const shown = qrCodeLines(url).flatMap(line => [
    [...line].map(half => '█▀'.includes(half)),
    [...line].map(half => '█▄'.includes(half)),
  ]);
  for (let row = -4; row < size + 4; row++) {
    for (let column = -4; column < size + 4; column++) {
      const inside = Math.min(row, column) >= 0 && Math.max(row, column) < size;
      assert.equal(shown[row + 4]?.[column + 4], inside && code.isDark(row, column), `${row}, ${column}`);
    }
  }
});

test('every line sets its colours and gives them back', () => {
  for (const line of terminalQrCode(url).split('\n')) {
    assert.ok(line.startsWith('\u001b[30;107m') && line.endsWith('\u001b[0m'));
  }
});
