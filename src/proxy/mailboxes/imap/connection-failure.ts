// Why a mail server could not be used, in words that name the remedy. `refused` means the credential; everything
// else is `unreachable` and passes by itself or by the administrator's hand: it never ends anything.

export type ConnectionFailure = { outcome: 'refused' | 'unreachable'; detail: string };

/** What the IMAP library and Node attach to an error. */
export type ConnectionError = Error & {
  code?: string | undefined;
  authenticationFailed?: boolean | undefined;
  serverResponseCode?: string | undefined;
  responseText?: string | undefined;
  byeReason?: string | undefined;
};

// RFC 5530 §3: a NO to LOGIN with one of these codes says nothing about the password.
const notAboutThePassword = new Set([
  'UNAVAILABLE',
  'INUSE',
  'LIMIT',
  'CONTACTADMIN',
  'SERVERBUG',
  'PRIVACYREQUIRED',
]);

const details: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there: is the mail server running, and the port right?',
  ECONNRESET: 'the mail server cut the connection',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the host’s network',
  ENOTFOUND: 'the host name is unknown to DNS',
  EAI_AGAIN: 'DNS does not answer',
  ETIMEDOUT: 'the host does not answer',
  CONNECT_TIMEOUT: 'the host does not answer',
  GREETING_TIMEOUT: 'the server sends no IMAP greeting: does the port expect TLS (security: tls)?',
  UPGRADE_TIMEOUT: 'the server does not finish STARTTLS',
  ETIMEOUT: 'the server stopped answering',
  CERT_HAS_EXPIRED: 'the server’s certificate has expired: renew it',
  CERT_NOT_YET_VALID: 'the server’s certificate is not valid yet: compare the clocks',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the server’s certificate is for another name: use the name that it carries',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the server’s certificate is not trusted (self-signed): name it in ca_file',
  SELF_SIGNED_CERT_IN_CHAIN:
    'the server’s certificate is not trusted (its authority is unknown here): name that in ca_file',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the server’s certificate is not trusted (its authority is unknown here): name that in ca_file',
  UNABLE_TO_GET_ISSUER_CERT:
    'the server’s certificate is not trusted (its chain is incomplete): name it in ca_file',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the server’s certificate is not trusted (its authority is unknown here): name that in ca_file',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the port does not speak TLS at once: use security: starttls?',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the port does not speak TLS at once: use security: starttls?',
  EPROTO: 'TLS could not be agreed: use security: starttls?',
  LineTooLarge: 'the server sends lines without an end',
  LiteralTooLarge: 'the server sends far too much',
  ResponseTooLarge: 'the server sends far too much',
};

export function describeConnectionError(error: unknown): ConnectionFailure {
  if (!(error instanceof Error)) return { outcome: 'unreachable', detail: String(error) };
  const { code, authenticationFailed, serverResponseCode, responseText, message } = error as ConnectionError;
  if (authenticationFailed === true) {
    const saying = responseText === undefined ? '' : `: ${responseText.slice(0, 200)}`;
    if (serverResponseCode !== undefined && notAboutThePassword.has(serverResponseCode)) {
      return { outcome: 'unreachable', detail: `the mail server takes no sign-ins now${saying}` };
    }
    return { outcome: 'refused', detail: `the mail server refuses the user name or password${saying}` };
  }
  const detail = code === undefined ? undefined : details[code];
  if (detail !== undefined) return { outcome: 'unreachable', detail: `${detail} (${code})` };
  return { outcome: 'unreachable', detail: code === undefined ? message : `${message} (${code})` };
}
