// How the proxy proves itself at the token endpoint: RFC 7523 private_key_jwt. The relay demands `kid` = SHA-256
// thumbprint of the certificate, `aud` = its issuer as a string, a short life and a fresh `jti`.

import { type ClientAuth, modifyAssertion, PrivateKeyJwt } from 'openid-client';
import type { Random } from '../../../runtime/random.ts';
import type { OrganizationKey } from '../certificates/certificate-store.ts';
import { signingHeader } from '../certificates/signing-header.ts';

const assertionLifetimeSeconds = 60;
/** So that a relay whose clock lags a little does not find the assertion "not yet valid". */
const backdateSeconds = 5;

const webCryptoAlgorithms = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
};

/** `now` in milliseconds, by the relay's clock where it is known. */
export function clientAssertion(
  key: OrganizationKey,
  { issuer, now, random }: { issuer: string; now: number; random: Random },
): ClientAuth {
  const { certificate, privateKey, algorithm } = key;
  const issuedAt = Math.floor(now / 1000) - backdateSeconds;
  const cryptoKey = privateKey.toCryptoKey(
    webCryptoAlgorithms[algorithm], // openid-client takes `alg` from it
    false,
    ['sign'],
  );
  return PrivateKeyJwt(
    { key: cryptoKey as CryptoKey, kid: certificate.id },
    {
      [modifyAssertion](header, payload) {
        Object.assign(header, signingHeader(key));
        payload['aud'] = issuer;
        payload['iat'] = issuedAt;
        payload['nbf'] = issuedAt;
        payload['exp'] = issuedAt + backdateSeconds + assertionLifetimeSeconds;
        payload['jti'] = random.uuid();
      },
    },
  );
}
