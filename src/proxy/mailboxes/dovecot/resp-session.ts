// What a Redis server would answer to one connection of Dovecot's dict client (2.3: [AUTH] [SELECT] MULTI SET… EXEC),
// and which keys were changed. A change counts from the moment it is read, not from EXEC: Dovecot commits the mail
// first and tells the dict afterwards, so a transaction that is cut off has still told the truth.

/** `value` is undefined when the key was deleted. */
export type KeyChange = { key: string; value: string | undefined };

export type RespAnswer = {
  reply: string;
  changes: KeyChange[];
  /** The peer said goodbye, or misbehaves. */
  close?: boolean;
};

const maxQueued = 256;

export class RespSession {
  /** The replies that EXEC will give; undefined outside a transaction. */
  #queued: string[] | undefined;

  execute([name = '', ...parameters]: readonly string[]): RespAnswer {
    switch (name.toUpperCase()) {
      case 'SET':
        return this.#change([{ key: parameters[0] ?? '', value: parameters[1] ?? '' }], '+OK\r\n');
      case 'DEL':
      case 'UNLINK': {
        const changes = parameters.map(key => ({ key, value: undefined }));
        return this.#change(changes, `:${parameters.length}\r\n`);
      }
      case 'GET':
        return this.#change([], '$-1\r\n');
      case 'MULTI':
        this.#queued = [];
        return answer('+OK\r\n');
      case 'EXEC': {
        if (this.#queued === undefined) return answer('-ERR EXEC without MULTI\r\n');
        const replies = this.#queued;
        this.#queued = undefined;
        return answer(`*${replies.length}\r\n${replies.join('')}`);
      }
      case 'DISCARD':
        this.#queued = undefined;
        return answer('+OK\r\n');
      case 'AUTH':
      case 'SELECT':
        return answer('+OK\r\n');
      case 'PING':
        return answer('+PONG\r\n');
      case 'QUIT':
        return { ...answer('+OK\r\n'), close: true };
      default:
        return answer('-ERR unknown command\r\n');
    }
  }

  #change(changes: KeyChange[], reply: string): RespAnswer {
    if (this.#queued === undefined) return { reply, changes };
    if (this.#queued.length >= maxQueued) return { ...answer('-ERR transaction too long\r\n'), close: true };
    this.#queued.push(reply);
    return { reply: '+QUEUED\r\n', changes };
  }
}

function answer(reply: string): RespAnswer {
  return { reply, changes: [] };
}
