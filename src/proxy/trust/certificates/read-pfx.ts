// Reads a PFX file (PKCS #12, RFC 7292) with pkijs on WebCrypto: what Windows, Exchange and openssl export. Only what
// today's algorithms protect (PBES2) is opened; of RC2 and 3DES the caller hears that they are unsupported.

import 'reflect-metadata';
import { createPrivateKey, type KeyObject, webcrypto } from 'node:crypto';
import {
  CertBag,
  type ContentInfo,
  CryptoEngine,
  EncryptedData,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
} from 'pkijs';
import type { Secret } from '../../../runtime/secrets.ts';

export type PfxContents = {
  certificates: Buffer[];
  keys: KeyObject[];
  /** As the file's maker called it. */
  friendlyName: string | undefined;
};

export type PfxReading =
  | ({ kind: 'read' } & PfxContents)
  | { kind: 'not-a-pfx' }
  | { kind: 'password-wrong' }
  | { kind: 'unsupported'; algorithm: string };

const engine = new CryptoEngine({ name: 'node', crypto: webcrypto as Crypto });
const encryptedDataType = '1.2.840.113549.1.7.6'; // RFC 5652 §8
const x509Certificate = '1.2.840.113549.1.9.22.1'; // RFC 7292 §4.2.3
const passwordBasedEncryption2 = '1.2.840.113549.1.5.13'; // RFC 8018 §6.2
const friendlyNameAttribute = '1.2.840.113549.1.9.20'; // RFC 2985 §5.5.1

export async function readPfx(bytes: Buffer, { password }: { password: Secret }): Promise<PfxReading> {
  let pfx: PFX;
  try {
    pfx = PFX.fromBER(new Uint8Array(bytes));
  } catch {
    return { kind: 'not-a-pfx' };
  }
  const passwordBytes = new TextEncoder().encode(password.reveal()).buffer;
  try {
    await pfx.parseInternalValues({ password: passwordBytes, checkIntegrity: true }, engine);
  } catch {
    return { kind: 'password-wrong' }; // the stamp over the whole file is by the password, and does not fit
  }
  const safe = pfx.parsedValue?.authenticatedSafe;
  if (safe === undefined) return { kind: 'not-a-pfx' };
  const old = safe.safeContents.map(encryptionOf).find(isOld);
  if (old !== undefined) return { kind: 'unsupported', algorithm: old };
  const parameters = { safeContents: safe.safeContents.map(() => ({ password: passwordBytes })) };
  await safe.parseInternalValues(parameters, engine);
  const bags = (safe.parsedValue as SafeContents).safeContents.flatMap(({ value }) => value.safeBags);
  return collect(bags, password);
}

/** pkijs types what it parsed as `any`. */
type SafeContents = { safeContents: { value: { safeBags: SafeBag[] } }[] };
type SafeBag = {
  bagValue: unknown;
  bagAttributes?: { type: string; values: { valueBlock: { value?: unknown } }[] }[];
};

function collect(bags: SafeBag[], password: Secret): PfxReading {
  const contents: PfxContents = { certificates: [], keys: [], friendlyName: undefined };
  for (const { bagValue, bagAttributes } of bags) {
    const name = bagAttributes?.find(({ type }) => type === friendlyNameAttribute)?.values[0]?.valueBlock
      .value;
    if (typeof name === 'string' && name !== '') contents.friendlyName ??= name;
    if (
      bagValue instanceof CertBag &&
      bagValue.certId === x509Certificate &&
      'getValue' in bagValue.certValue
    ) {
      contents.certificates.push(Buffer.from(bagValue.certValue.getValue())); // its bytes as they are
    } else if (bagValue instanceof PrivateKeyInfo) {
      contents.keys.push(privateKey(bagValue));
    } else if (bagValue instanceof PKCS8ShroudedKeyBag) {
      const { algorithmId } = bagValue.encryptionAlgorithm;
      if (isOld(algorithmId)) return { kind: 'unsupported', algorithm: algorithmId };
      contents.keys.push(privateKey(bagValue, password)); // the bag is an EncryptedPrivateKeyInfo, RFC 7292 §4.2.2
    }
  }
  return { kind: 'read', ...contents };
}

function privateKey(bag: PrivateKeyInfo | PKCS8ShroudedKeyBag, password?: Secret): KeyObject {
  return createPrivateKey({
    key: Buffer.from(bag.toSchema().toBER()),
    format: 'der',
    type: 'pkcs8',
    ...(password === undefined ? {} : { passphrase: password.reveal() }),
  });
}

/** The algorithm by which a part of the file is encrypted; undefined when it is not. */
function encryptionOf({ contentType, content }: ContentInfo): string | undefined {
  if (contentType !== encryptedDataType) return undefined;
  const { encryptedContentInfo } = new EncryptedData({ schema: content });
  return encryptedContentInfo.contentEncryptionAlgorithm.algorithmId;
}

function isOld(algorithm: string | undefined): algorithm is string {
  return algorithm !== undefined && algorithm !== passwordBasedEncryption2;
}
