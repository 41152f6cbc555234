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
  type SafeBag,
  SafeContents,
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
  try {
    const checkIntegrity = pfx.macData !== undefined;
    await pfx.parseInternalValues({ password: bytesOf(password), checkIntegrity }, engine);
    return await openParts(pfx, password);
  } catch {
    return { kind: 'password-wrong' }; // the stamp over the file does not fit, or what came out is no certificate
  }
}

async function openParts(pfx: PFX, password: Secret): Promise<PfxReading> {
  const contents: PfxContents = { certificates: [], keys: [], friendlyName: undefined };
  for (const part of pfx.parsedValue?.authenticatedSafe?.safeContents ?? []) {
    const opened = await openPart(part, password);
    if (opened.kind !== 'opened') return opened;
    for (const bag of opened.bags) {
      const algorithm = collect(bag, contents, password);
      if (algorithm !== undefined) return { kind: 'unsupported', algorithm };
    }
  }
  return { kind: 'read', ...contents };
}

async function openPart({ contentType, content }: ContentInfo, password: Secret) {
  if (contentType !== encryptedDataType) {
    return { kind: 'opened', bags: SafeContents.fromBER(content.getValue()).safeBags } as const;
  }
  const encrypted = new EncryptedData({ schema: content });
  const { algorithmId: algorithm } = encrypted.encryptedContentInfo.contentEncryptionAlgorithm;
  if (algorithm !== passwordBasedEncryption2) return { kind: 'unsupported', algorithm } as const;
  const opened = await encrypted.decrypt({ password: bytesOf(password) }, engine);
  return { kind: 'opened', bags: SafeContents.fromBER(opened).safeBags } as const;
}

/** Takes over what a bag holds; answers with the algorithm when that is one we do not open. */
function collect(
  { bagValue, bagAttributes }: SafeBag,
  contents: PfxContents,
  password: Secret,
): string | undefined {
  const name = bagAttributes?.find(({ type }) => type === friendlyNameAttribute)?.values[0]?.valueBlock.value;
  if (typeof name === 'string' && name !== '') contents.friendlyName ??= name;
  if (bagValue instanceof PrivateKeyInfo) {
    contents.keys.push(privateKey(bagValue));
  } else if (bagValue instanceof PKCS8ShroudedKeyBag) {
    const { algorithmId } = bagValue.encryptionAlgorithm;
    if (algorithmId !== passwordBasedEncryption2) return algorithmId;
    contents.keys.push(privateKey(bagValue, password)); // the bag is an EncryptedPrivateKeyInfo, RFC 7292 §4.2.2
  } else if (
    bagValue instanceof CertBag &&
    bagValue.certId === x509Certificate &&
    'getValue' in bagValue.certValue
  ) {
    contents.certificates.push(Buffer.from(bagValue.certValue.getValue())); // its bytes as they are
  }
  return undefined;
}

function privateKey(bag: PrivateKeyInfo | PKCS8ShroudedKeyBag, password?: Secret): KeyObject {
  return createPrivateKey({
    key: Buffer.from(bag.toSchema().toBER()),
    format: 'der',
    type: 'pkcs8',
    ...(password === undefined ? {} : { passphrase: password.reveal() }),
  });
}

function bytesOf(password: Secret): ArrayBuffer {
  return new TextEncoder().encode(password.reveal()).buffer;
}
