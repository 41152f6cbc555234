// What a push service keeps for one subscription: until its end, or until the device has it; of each topic the newest.

export type AcceptedPush = {
  messageId: string;
  topic: string | undefined;
  /** ms; not after its acceptance: only for a device that is connected. */
  expiresAt: number;
  body: Buffer;
};

/** How many are kept. */
const memory = 1000;

export class StoredPushes {
  #pushes: AcceptedPush[] = [];

  get size(): number {
    return this.#pushes.length;
  }

  keep(push: AcceptedPush, now: number): void {
    if (push.expiresAt <= now) return;
    // RFC 8030 §5.4: a message with the same Topic is replaced
    this.#pushes = this.#pushes.filter(({ topic }) => topic === undefined || topic !== push.topic);
    this.#pushes.push(push);
    if (this.#pushes.length > memory) this.#pushes.shift();
  }

  /** In the order of their acceptance. */
  unexpired(now: number): AcceptedPush[] {
    this.#pushes = this.#pushes.filter(({ expiresAt }) => expiresAt > now);
    return [...this.#pushes];
  }

  forget(messageId: string): void {
    this.#pushes = this.#pushes.filter(push => push.messageId !== messageId);
  }

  clear(): void {
    this.#pushes = [];
  }
}
