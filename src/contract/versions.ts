// Versions on every call: "User-Agent: Mailbadge-Proxy/1.2.3", answered with "mailbadge-relay-version: 1.2.3". A relay
// refuses proxies older than its minimum.

/** This program's version; a test compares it with package.json. */
export const version = '0.1.0';
/** The oldest proxy that today's relay understands. */
export const minimumProxyVersion = '0.1.0';

/** On every answer of a relay. */
export const relayVersionHeader = 'mailbadge-relay-version';

export function proxyUserAgent(proxyVersion: string = version): string {
  return `Mailbadge-Proxy/${proxyVersion}`;
}

/** The version in a User-Agent, or undefined when it does not name a proxy. */
export function proxyVersionOf(userAgent: string | null | undefined): string | undefined {
  return /(?:^|\s)Mailbadge-Proxy\/(\d{1,6}\.\d{1,6}\.\d{1,6})(?=$|[\s;+-])/.exec(userAgent ?? '')?.[1];
}

/** Negative when `a` is older than `b`. Both are MAJOR.MINOR.PATCH. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map(text => text.split('.').map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
