// RFC 6797: a browser that reached a service by https once comes back by https only.

/** `publicUrl`: where browsers reach it. Not for localhost, where it would bind every other service of the machine. */
export function strictTransport(publicUrl: string): Headers {
  const { protocol, hostname } = new URL(publicUrl);
  const strict = protocol === 'https:' && hostname !== 'localhost';
  return new Headers(strict ? { 'strict-transport-security': 'max-age=31536000' } : {});
}
