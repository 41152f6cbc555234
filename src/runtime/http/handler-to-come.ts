// The handler of a listener that is opened before what it serves: requests that come early wait. Opening first makes
// a taken address fail a start before it has changed anything.

import type { RequestHandler } from './listener.ts';

export class HandlerToCome implements Disposable {
  readonly #handler = Promise.withResolvers<RequestHandler>();

  readonly handle: RequestHandler = (request, response) => {
    this.#handler.promise.then(
      handler => handler(request, response),
      () => response.destroy(),
    );
  };

  come(handler: RequestHandler): void {
    this.#handler.resolve(handler);
  }

  /** It will not come any more: whoever waits is cut off. */
  [Symbol.dispose](): void {
    this.#handler.promise.catch(() => undefined); // it may be that nobody waits
    this.#handler.reject(new Error('the service did not start'));
  }
}
