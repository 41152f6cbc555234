// English: the language that every message has. `meaning` is for the person at the screen, `action` for whoever
// can mend it; docs/reference/errors.md is made from both. One list in one file: whoever translates it reads it through.

import type { ErrorCode } from '../error-codes.ts';

export type ErrorMessage = { meaning: string; action: string };

export const englishErrors: Record<ErrorCode, ErrorMessage> = {
  'invalid-request': {
    meaning: 'The request is malformed',
    action: 'Correct the member that the detail names; the API reference lists every one',
  },
  'not-found': { meaning: 'Nothing is at this address', action: 'Check the URL and the method' },
  'body-too-large': { meaning: 'The request is too large', action: 'Send less at once' },
  'proxy-too-old': {
    meaning: 'The relay no longer takes this version of the proxy',
    action: 'Install the version that the detail names, or newer',
  },
  'too-many-requests': { meaning: 'Too many requests', action: 'Wait as long as Retry-After says' },
  'internal-error': {
    meaning: 'Something failed on our side',
    action: 'Look into the log for the trace id, and report it',
  },
  'token-missing': { meaning: 'No access token was sent', action: 'Send "Authorization: Bearer …"' },
  'token-invalid': {
    meaning: 'The access token is not valid',
    action: 'Get a new token; check that it was issued by this relay for its publish API',
  },
  'token-unreadable': {
    meaning: 'The access token cannot be read',
    action: 'Send the token whole and unchanged, as the token endpoint answered it; it is a JWT',
  },
  'token-kind-not-allowed': {
    meaning: 'The relay takes no token of this kind',
    action: 'Send an access token: its header says typ at+jwt, and alg RS256, PS256 or ES256',
  },
  'token-audience-wrong': {
    meaning: 'The access token is for another service',
    action: 'Get a token for the publishAudience that the relay’s metadata names',
  },
  'token-issuer-unknown': {
    meaning: 'The relay does not know who issued the access token',
    action: 'Get a token from this relay’s own token endpoint, which its metadata names',
  },
  'token-signature-invalid': {
    meaning: 'The signature of the access token does not match its key',
    action: 'Get a new token; if it is signed by the organization itself, check which certificate signs',
  },
  'token-not-yet-valid': {
    meaning: 'The access token lies in the future of the relay’s clock',
    action: 'Set the clock of the machine that signed it by NTP; all times are UTC',
  },
  'token-expired': { meaning: 'The access token has expired', action: 'Get a new token' },
  'token-lifetime-too-long': {
    meaning: 'The access token is valid for too long',
    action: 'Sign it for 600 seconds at most; iat and exp are in seconds',
  },
  'token-subject-wrong': {
    meaning: 'The access token was not made for the holder of its key',
    action: 'Let iss, sub and client_id all be the application id that the enrolment answered',
  },
  'token-realm-mismatch': {
    meaning: 'The access token names another organization’s realm',
    action: 'Sign with the realm that the enrolment answered',
  },
  'direct-trust-not-allowed': {
    meaning: 'The relay takes no tokens that this organization signs itself',
    action: 'Get tokens from the token endpoint, or switch direct trust on for the organization at the relay',
  },
  'credential-revoked': {
    meaning: 'The key credential was revoked',
    action: 'Make a new certificate: "mailbadge proxy trust set-up --new-certificate", then connect again',
  },
  'organization-inactive': {
    meaning: 'The organization is deactivated at the relay',
    action: 'Ask the relay’s operator',
  },
  'console-link-invalid': {
    meaning: 'The link is unknown, used or too old',
    action: 'Run "mailbadge proxy console" for a new one',
  },
  'session-missing': { meaning: 'You are not signed in', action: 'Sign in' },
  'session-invalid': { meaning: 'Your sign-in has ended', action: 'Sign in again' },
  'session-stolen': {
    meaning: 'Your sign-in was used from two places, so it has ended',
    action: 'Sign in again; if it happens again, change the password of your mailbox',
  },
  'sign-in-refused': {
    meaning: 'The name or the password is wrong',
    action: 'Try the name and password that you use for your mail',
  },
  'sign-in-throttled': {
    meaning: 'Too many wrong passwords',
    action: 'Wait as long as Retry-After says, then try again',
  },
  'totp-required': {
    meaning: 'A one-time code is needed as well',
    action: 'Type the six digits that your authenticator app shows now',
  },
  'cross-site-request': {
    meaning: 'The request did not come from the service’s own pages',
    action: 'Open the page under the service’s own address, and do it there',
  },
  'operators-only': {
    meaning: 'Only the relay’s operators may do this',
    action: 'Ask the relay’s operator',
  },
  'mail-server-unreachable': {
    meaning: 'The mail server cannot be reached',
    action:
      'Try again later; administrators: check the server’s address, port and certificate in the proxy’s configuration',
  },
  'not-after-too-far': {
    meaning: 'notAfter lies more than 5 seconds ahead of the relay’s clock',
    action: 'Measure the relay’s clock from relayTime, and keep the proxy’s clock right (NTP)',
  },
  'not-after-passed': { meaning: 'notAfter has passed', action: 'Publish again with the badge wanted now' },
  'batch-too-large': { meaning: 'The batch has too many notifications', action: 'Send at most 1000 at once' },
  'revocation-list-stale': {
    meaning: 'The relay cannot tell at the moment which credentials are revoked',
    action: 'Publish again later; operators: check the relay’s database',
  },
  'ticket-invalid': {
    meaning: 'The registration ticket is not valid',
    action: 'Ask the proxy for a new ticket',
  },
  'ticket-expired': {
    meaning: 'The registration ticket has expired',
    action: 'Ask the proxy for a new ticket',
  },
  'ticket-used': {
    meaning: 'The registration ticket was used before',
    action: 'Ask the proxy for a new ticket',
  },
  'app-unknown': {
    meaning: 'The relay does not know this app',
    action: 'Check the app id; operators: add the app to the relay’s configuration',
  },
  'provider-not-configured': {
    meaning: 'The relay cannot reach this kind of device for this app',
    action: 'Operators: configure the provider for the app',
  },
  'push-target-invalid': {
    meaning: 'The push target is malformed',
    action: 'Send the token or endpoint exactly as the platform gave it',
  },
  'push-host-not-allowed': {
    meaning: 'The push endpoint’s host is not allowed',
    action: 'Operators: add the push service to the app’s push_hosts if it is a real one',
  },
  'challenge-not-delivered': {
    meaning: 'The code could not be delivered to the device',
    action: 'Check that notifications are allowed, then register again',
  },
  'challenge-invalid': {
    meaning: 'The code is wrong',
    action: 'Return the code that was pushed to this device, or register again',
  },
  'challenge-expired': { meaning: 'The code has expired', action: 'Register again' },
  'target-not-openable': {
    meaning: 'The sealed target cannot be opened',
    action: 'Register the device again',
  },
  'target-denied': {
    meaning: 'The relay’s operator refuses this device',
    action: 'Ask the relay’s operator',
  },
  'installation-mismatch': {
    meaning: 'The sealed target belongs to another installation',
    action: 'Register this device itself',
  },
  'subscription-limit': {
    meaning: 'This mailbox has as many devices as allowed',
    action: 'Remove a device that you no longer use',
  },
  'subscription-not-found': {
    meaning: 'There is no such subscription',
    action: 'List your devices and subscribe again',
  },
  'icon-not-found': { meaning: 'There is no such icon', action: 'Subscribe again' },
  'relay-unreachable': {
    meaning: 'The relay cannot be reached',
    action: 'Try again later; administrators: check the network and the relay’s URL',
  },
  'relay-not-connected': {
    meaning: 'The proxy is not connected to a relay',
    action: 'Run "mailbadge proxy trust set-up", then "mailbadge proxy trust connect"',
  },
  'enrolment-code-invalid': {
    meaning: 'The enrolment code is wrong',
    action: 'Type it as the operator gave it, or ask for a new one',
  },
  'enrolment-code-expired': {
    meaning: 'The enrolment code has expired',
    action: 'Ask the relay’s operator for a new one',
  },
  'enrolment-code-used': {
    meaning: 'The enrolment code was used before',
    action: 'Ask the relay’s operator for a new one',
  },
  'proof-invalid': {
    meaning: 'The proof of possession is not valid',
    action: 'Run "mailbadge proxy trust connect" again; check that the proxy’s clock is right',
  },
  'proof-replayed': {
    meaning: 'The signed proof was used before',
    action: 'Sign a new one for every request; if nobody sent it twice, find out who copied it',
  },
  'certificate-invalid': {
    meaning: 'This is no usable certificate',
    action: 'Use the one that "mailbadge proxy trust set-up" made',
  },
  'certificate-expired': {
    meaning: 'The certificate has expired',
    action: 'Run "mailbadge proxy trust set-up" to make a new one, then connect again',
  },
  'certificate-not-yet-valid': {
    meaning: 'The certificate is not valid yet',
    action: 'Check the clocks (NTP), or wait for its first day',
  },
  'certificate-key-too-small': {
    meaning: 'The certificate’s key is too small',
    action: 'Use RSA with 2048 bits or more, or P-256',
  },
  'certificate-key-mismatch': {
    meaning: 'The private key does not belong to the certificate',
    action: 'Give the pair that was made together',
  },
  'certificate-password-wrong': {
    meaning: 'The password of the certificate file is missing or wrong',
    action: 'Give the password that the file was exported with',
  },
  'certificate-form-unsupported': {
    meaning: 'The certificate file is protected in a way that is no longer safe, or is of another kind',
    action: 'Export it again with today’s algorithms; the hint names the openssl commands',
  },
  'certificate-is-current': {
    meaning: 'The certificate signs already, so it cannot be the next one',
    action: 'Stage another certificate',
  },
  'certificate-is-next': {
    meaning: 'The certificate is staged as the next one',
    action: 'Publish it instead: proxy trust certificate publish',
  },
  'certificate-not-staged': {
    meaning: 'There is no next certificate',
    action: 'Stage one first: proxy trust certificate stage',
  },
  'effective-date-invalid': {
    meaning: 'The effective date is past, or after the certificate’s end',
    action: 'Give a date in UTC, best 48 hours ahead, within the certificate’s dates',
  },
  'relay-answer-invalid': {
    meaning: 'The relay’s answer cannot be understood',
    action: 'Check the relay’s URL; something between may answer in its place',
  },
  'relay-identity-changed': {
    meaning: 'The relay is not the one that was pinned',
    action: 'If the change is intended, run "mailbadge proxy trust set-up" again',
  },
  'token-refused': { meaning: 'The relay refused an access token', action: 'Do what the message says' },
  'certificate-not-found': {
    meaning: 'Cannot find certificate.',
    action: 'Run "mailbadge proxy trust set-up" first',
  },
  'credential-not-registered': {
    meaning: 'The relay does not know the proxy’s certificate',
    action: 'Run "mailbadge proxy trust connect"',
  },
  'clock-skewed': {
    meaning: 'The clocks of proxy and relay differ too much',
    action: 'Set the clock right and keep it so with NTP',
  },
  'tls-untrusted': {
    meaning: 'The server’s TLS certificate is not trusted',
    action: 'Name the authority’s certificate in ca_file, or mend the server’s certificate',
  },
  'organization-exists': {
    meaning: 'The organization is already there',
    action: 'Use "mailbadge relay organization new-code" for another enrolment code',
  },
  'organization-not-found': {
    meaning: 'There is no such organization',
    action: 'See "mailbadge relay organization list"',
  },
  'device-code-unknown': {
    meaning: 'No proxy waits for approval under this code',
    action:
      'Compare the code with what the proxy shows; it lasts ten minutes, then connect again for a new one',
  },
  'device-code-decided': {
    meaning: 'This request was approved or denied before',
    action: 'If that was not you, remove the certificate it was for; else connect again for a new code',
  },
  'domain-invalid': { meaning: 'This is no domain', action: 'Give a domain such as fabrikam.com' },
  'administrator-exists': {
    meaning: 'There is an account with this e-mail address already',
    action: 'Take another address, or reset the password: "mailbadge relay administrator reset-password"',
  },
  'administrator-not-found': {
    meaning: 'There is no such account',
    action: 'See "mailbadge relay administrator list"',
  },
  'password-unfit': {
    meaning: 'The new password cannot be used',
    action: 'Take 12 to 256 characters',
  },
  'totp-active': {
    meaning: 'One-time codes are switched on already',
    action: 'Switch them off first, with the password',
  },
  'sign-up-closed': {
    meaning: 'This relay takes no organizations by itself',
    action: 'Ask the relay’s operator to add yours',
  },
  'dns-unreachable': {
    meaning: 'No name server could say whether the record is there',
    action: 'Check the resolver, or name others in the configuration: dns_servers',
  },
  'sign-up-not-found': {
    meaning: 'There is no such sign-up, or it has expired',
    action: 'Begin again: the TXT record then has another value',
  },
  'trust-disagrees': {
    meaning: 'Organization or URI are not those that trust was set up for',
    action: 'Give those of the trust, or run "mailbadge proxy trust set-up" for the others',
  },
  'proxy-disabled': {
    meaning: 'The proxy is disabled and publishes nothing',
    action: 'Run "mailbadge proxy enable"',
  },
  'node-not-found': {
    meaning: 'No proxy is running',
    action: 'Start "mailbadge proxy serve"; "mailbadge proxy status" lists the nodes',
  },
  'probe-failed': {
    meaning: 'The way to the relay does not work',
    action: 'Do what the remedy of the failed stage says',
  },
  'test-mail-failed': {
    meaning: 'The test message did not lead to a badge',
    action: 'Look at the stage where it stopped; "mailbadge proxy doctor" checks every part',
  },
  'mailbox-unknown': {
    meaning: 'The mail server does not know the mailbox',
    action: 'Check the name, and the rule for canonical names in the configuration',
  },
  'approval-denied': {
    meaning: 'The administrator refused this certificate',
    action: 'Ask why; if it was a mistake, run "mailbadge proxy trust connect" again',
  },
  'approval-expired': {
    meaning: 'Nobody approved in time',
    action: 'Run "mailbadge proxy trust connect" again and approve within the time that it names',
  },
  'capability-missing': {
    meaning: 'The relay cannot do what this needs',
    action: 'Ask its operator to update it or to switch it on, or do without',
  },
  'auth-server-exists': {
    meaning: 'There is such an authorization server already',
    action: 'Look at "mailbadge proxy trust auth-server list"; refresh that one, or remove it first',
  },
  'auth-server-not-found': {
    meaning: 'There is no authorization server of this name',
    action: 'Look at "mailbadge proxy trust auth-server list"',
  },
  'auth-server-in-use': {
    meaning: 'The access tokens come from this authorization server',
    action: 'Make another one the default first, or force it',
  },
  'auth-server-identity-changed': {
    meaning: 'The authorization server now calls itself otherwise than when it was trusted',
    action: 'Ask who runs it; if the change is intended, remove it and add it again',
  },
  'metadata-address-refused': {
    meaning: 'A metadata document is not fetched from such an address',
    action: 'Give an https URL at a public address, or allow private addresses in the configuration',
  },
  'metadata-unreachable': {
    meaning: 'The metadata document could not be downloaded',
    action: 'Check the URL, the name resolution and the firewall',
  },
  'metadata-invalid': {
    meaning: 'The metadata document is not one that can be trusted',
    action: 'Check the URL; tell whoever runs that server what the message says',
  },
  'mail-server-refused': {
    meaning: 'The mail server refused',
    action: 'Check the credential in the configuration, and the mail server’s log',
  },
  'mail-server-proof-failed': {
    meaning: 'The mail server’s events did not arrive as expected',
    action: 'Do what the message says, then run the proof again',
  },
  'prerequisites-missing': {
    meaning: 'Something that this needs is missing; nothing was changed',
    action: 'Put right what the message lists, and run it again',
  },
  'config-invalid': { meaning: 'The configuration is wrong', action: 'Mend the key that the message names' },
  'config-not-found': { meaning: 'The configuration file cannot be read', action: 'Name it with --config' },
  'key-file-unreadable': {
    meaning: 'The key file cannot be used',
    action: 'It must be readable by the service user alone; restore it from your backup',
  },
  'sealed-secret-unreadable': {
    meaning: 'A stored secret cannot be opened',
    action: 'Restore the key file that sealed it',
  },
  'database-newer-schema': {
    meaning: 'A newer version has used the database',
    action: 'Install that version again, or restore the backup from before',
  },
  'database-unavailable': {
    meaning: 'The database cannot be used',
    action: 'Check its folder’s rights and the disk’s room',
  },
  'address-in-use': {
    meaning: 'The address cannot be listened on',
    action: 'Stop the other program, or choose another address',
  },
  'proxy-taken-over': {
    meaning: 'Another proxy process has taken over this database',
    action: 'Run one "mailbadge proxy serve" for each database',
  },
  'proxy-not-running': {
    meaning: 'No proxy is running on this database',
    action: 'Start "mailbadge proxy serve"',
  },
  usage: { meaning: 'The command was misused', action: 'See --help' },
  'unsupported-media-type': {
    meaning: 'The body is of a type that is not taken',
    action: 'Send application/json',
  },
  overloaded: { meaning: 'Too much is asked at once', action: 'Try again later' },
  'shutting-down': { meaning: 'The service is stopping', action: 'Try again later' },
  'certificate-not-approved': {
    meaning: 'The approval was of another certificate',
    action: 'Connect again with this certificate, and compare the thumbprints before you approve',
  },
  'credential-limit': {
    meaning: 'The organization has as many key credentials as it may have',
    action: 'Remove those that are not in use any more',
  },
  'credential-duplicate': { meaning: 'The certificate is already registered', action: 'Nothing: it works' },
};
