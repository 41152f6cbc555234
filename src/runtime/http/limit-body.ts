// The bound on a request's body. One that declares its length is refused unread; any other (chunked, or a DELETE
// without a word about its length) is read up to the bound, and handed on as bytes.
// Hono's own middleware copies the request object for that, which the server's lightweight requests do not bear.

import type { MiddlewareHandler } from 'hono';
import { AppError } from '../errors.ts';

export function limitBody(maxBytes: number): MiddlewareHandler {
  return async (context, next) => {
    const { raw } = context.req;
    const declared = raw.headers.has('transfer-encoding') ? null : raw.headers.get('content-length');
    if (declared !== null) {
      if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
    } else if (raw.body !== null) {
      const body = await readAtMost(raw.body, maxBytes);
      const { url, method, headers, signal } = raw;
      context.req.raw = new Request(url, {
        method,
        headers,
        signal,
        body: body.length === 0 ? null : body,
      });
    }
    await next();
  };
}

async function readAtMost(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      bytes += chunk.length;
      if (bytes > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new AppError('invalid-request', 'the body ended too early', { cause });
  }
  if (bytes > maxBytes) throw tooLarge(maxBytes);
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('body-too-large', `the body is larger than ${maxBytes} bytes`);
}
