// The sizes that payloads are padded to, in bytes of plaintext. What an icon gets always has one size, as long as its
// wishes stay what they are: neither the count nor whether a message is previewed can be read off it. Encryption adds
// 103 bytes (runtime/webpush/encrypt.ts).

export const payloadSizes = {
  /** To a service worker: a badge alone. */
  badge: 256,
  /** To a service worker whose icon wants previews, with one or without. */
  previewing: 1024,
  declarative: 1024,
  declarativePreviewing: 2048,
  /** The preview beside the number that APNs and FCM get in the clear. */
  preview: 1024,
} as const;
