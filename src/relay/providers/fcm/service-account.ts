// The key of a Google service account, as the console lets one download it: who asks for access tokens, and where.
// What is wrong with the file is said without a word of what is in it.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../../runtime/errors.ts';

export type ServiceAccount = {
  email: string;
  keyId: string;
  key: KeyObject;
  /** Where access tokens are given out; also the audience of what is signed for it. */
  tokenUrl: string;
};

const keyFileSchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(3).max(320),
  private_key_id: z.string().min(1).max(200),
  private_key: z.string(),
  token_uri: z.url({ protocol: /^https$/ }).default('https://oauth2.googleapis.com/token'),
});

const minRsaBits = 2048;
const hint =
  'expected the JSON key of a service account, as the Google Cloud console creates it; google-services.json is the app’s, and is something else';

/** Reads a key file. `source` names it in errors. */
export function parseServiceAccount(text: string, { source }: { source: string }): ServiceAccount {
  const parsed = keyFileSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const members = new Set(
      parsed.error.issues.map(({ path }) => path.join('.')).filter(path => path !== ''),
    );
    const where = members.size === 0 ? '' : `: ${[...members].map(member => `"${member}"`).join(', ')}`;
    throw new AppError('config-invalid', `${source} is not the key of a service account${where}`, { hint });
  }
  const { client_email: email, private_key_id: keyId, private_key, token_uri: tokenUrl } = parsed.data;
  return { email, keyId, key: parseKey(private_key, source), tokenUrl };
}

function parseKey(pem: string, source: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // what OpenSSL says of it helps nobody
  }
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key?.asymmetricKeyType === 'rsa' && bits >= minRsaBits) return key;
  throw new AppError('config-invalid', `"private_key" of ${source} is not an RSA key of ${minRsaBits} bits`, {
    hint,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
