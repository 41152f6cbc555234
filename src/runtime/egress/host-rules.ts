// Which URLs may be called when somebody outside named them. The URL is parsed once and only its parts are judged;
// the text is never matched against a pattern, since a path, a user name or a fragment can look like a host.

import { AppError } from '../errors.ts';

export type UrlRefusal = 'not-a-url' | 'not-https' | 'has-credentials' | 'port-not-443' | 'host-not-allowed';

export type AllowedUrl = {
  /** scheme://host:port, without a default port: the audience of a VAPID token. */
  origin: string;
  /** As it is dialled: a name in ASCII, or an IP address without brackets. */
  hostname: string;
  port: number;
  /** Path and query. */
  path: string;
  /** Named in the `dangerouslyAllow` list: may be private, may have any port. */
  dangerous: boolean;
};

export type UrlJudgement = { allowed: true; url: AllowedUrl } | { allowed: false; reason: UrlRefusal };

export type HostRules = { judge(url: string): UrlJudgement };

const label = '[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?';
const hostName = new RegExp(`^${label}(\\.${label})+$`);

/**
 * `allow`: exact host names, or `*.suffix` for every name below a suffix. `dangerouslyAllow`: `host:port`, exact.
 * Throws for an entry that could never match what it seems to say.
 */
export function createHostRules({
  allow,
  dangerouslyAllow = [],
}: {
  allow: readonly string[];
  dangerouslyAllow?: readonly string[];
}): HostRules {
  const exact = new Set<string>();
  const suffixes: string[] = [];
  for (const entry of allow) {
    const host = entry.toLowerCase();
    if (!hostName.test(host.replace(/^\*\./, '')))
      throw badEntry(entry, 'push.example.com or *.push.example.com');
    if (host.startsWith('*.')) suffixes.push(host.slice(1));
    else exact.add(host);
  }
  const dangerous = new Set(dangerouslyAllow.map(parseHostAndPort));

  return {
    judge(text) {
      const url = URL.parse(text);
      if (url === null) return refuse('not-a-url');
      if (url.protocol !== 'https:') return refuse('not-https');
      if (url.username !== '' || url.password !== '') return refuse('has-credentials');
      const port = url.port === '' ? 443 : Number(url.port);
      const isDangerous = dangerous.has(`${url.hostname}:${port}`);
      if (!isDangerous) {
        if (port !== 443) return refuse('port-not-443');
        const { hostname } = url;
        // a URL's host may hold what no host name does, such as "="
        const below = hostName.test(hostname) && suffixes.some(suffix => hostname.endsWith(suffix));
        if (!exact.has(hostname) && !below) return refuse('host-not-allowed');
      }
      return {
        allowed: true,
        url: {
          origin: url.origin,
          hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
          port,
          path: url.pathname + url.search,
          dangerous: isDangerous,
        },
      };
    },
  };
}

function refuse(reason: UrlRefusal): UrlJudgement {
  return { allowed: false, reason };
}

function parseHostAndPort(entry: string): string {
  const url = URL.parse(`https://${entry}`);
  const port = /:(\d{1,5})$/.exec(entry)?.[1];
  if (url === null || port === undefined || entry.toLowerCase() !== `${url.hostname}:${Number(port)}`)
    throw badEntry(entry, '127.0.0.1:9443');
  return `${url.hostname}:${Number(port)}`;
}

function badEntry(entry: string, example: string): AppError {
  return new AppError('config-invalid', `"${entry}" is not a host that can be allowed`, {
    hint: `write it as ${example}, without scheme and path`,
  });
}
