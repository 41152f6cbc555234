// A QR code made of half-block characters: two rows of modules per line of text, for any terminal that has Unicode.
// Dark on light whatever the terminal's colours are, since many cameras read no inverted code.

import qrcode from 'qrcode-generator';

const quietModules = 4; // ISO/IEC 18004 §9.1
const blackOnWhite = '\u001b[30;107m';
const reset = '\u001b[0m';
const halves = { both: '\u2588', upper: '\u2580', lower: '\u2584', none: ' ' };

export function terminalQrCode(text: string): string {
  return qrCodeLines(text)
    .map(line => `${blackOnWhite}${line}${reset}`)
    .join('\n');
}

/** Without colours. */
export function qrCodeLines(text: string): string[] {
  const code = qrcode(0, 'M');
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  const isDark = (row: number, column: number): boolean =>
    row >= 0 && row < size && column >= 0 && column < size && code.isDark(row, column);
  const lines: string[] = [];
  for (let row = -quietModules; row < size + quietModules; row += 2) {
    let line = '';
    for (let column = -quietModules; column < size + quietModules; column++) {
      const [upper, lower] = [isDark(row, column), isDark(row + 1, column)];
      line += upper ? (lower ? halves.both : halves.upper) : lower ? halves.lower : halves.none;
    }
    lines.push(line);
  }
  return lines;
}
