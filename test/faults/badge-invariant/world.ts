// A proxy (one process after another, sometimes two), a mail server, a relay with its providers, and devices.

import assert from 'node:assert/strict';
import { migrate } from '../../../src/database/migrator.ts';
import { proxyMigrations } from '../../../src/proxy/database/migrations.ts';
import { ManualClock } from '../../../src/runtime/manual-clock.ts';
import { type Random, seededRandom } from '../../../src/runtime/random.ts';
import { storeEnabled } from '../../fixtures/enabled-proxy.ts';
import { ModelMailServer } from './model-mail-server.ts';
import { ModelRelay } from './model-relay.ts';
import { Fate, SharedDatabase } from './process-database.ts';
import { type ProxyProcess, startProxyProcess } from './proxy-process.ts';

export const mailboxIds = ['anna@fabrikam.com', 'ben@fabrikam.com'] as const;
const keys = { p256dh: 'B'.repeat(87), auth: 'A'.repeat(22) };

/** The third shows notifications; the second and third get Web Push. */
export const devices = [0, 1, 2].map(index => ({
  installationId: `installation-${index}`,
  provider: index === 0 ? ('apns' as const) : ('webpush' as const),
  presentation: index === 2 ? ('notification' as const) : ('badge' as const),
}));

/** Where a device is reached from now on. */
export type Registration = 'same' | 'new' | 'earlier';

type IconRow = { id: string; target_id: string; wanted: number | null; shown: number | null };

export class World {
  readonly clock = new ManualClock();
  readonly mail = new ModelMailServer({ clock: this.clock });
  readonly database = new SharedDatabase();
  readonly relay: ModelRelay;
  readonly #random: Random;
  readonly #processes: ProxyProcess[] = [];
  /** How often each device's target was replaced. */
  readonly #targets = devices.map(() => 0);
  /** Registrations that nobody has answered yet, by device: each one's last, with its mailbox. */
  readonly #unanswered = new Map<number, { mailboxId: string }>();

  readonly #recountEveryMs: number;
  #restored = false;

  constructor({ seed, recountEveryMs }: { seed: number; recountEveryMs: number }) {
    this.#recountEveryMs = recountEveryMs;
    this.#random = seededRandom(seed);
    this.relay = new ModelRelay({
      clock: this.clock,
      random: this.#random,
      database: this.database,
      skewMs: Math.floor((this.#random.fraction() - 0.5) * 7_200_000),
    });
  }

  async open(): Promise<void> {
    const db = this.database.open(new Fate());
    await migrate(db, proxyMigrations);
    await storeEnabled(db);
    for (const id of mailboxIds) {
      await db
        .insertInto('mailbox')
        .values({ id, sign_in_name: id, state: 'watched', state_at: 0, created_at: 0 })
        .execute();
      this.mail.set(id, 0, 'never', { versioned: true });
    }
    this.database.read(`CREATE TABLE wanted_history (collapse_key TEXT, rev INTEGER, wanted INTEGER,
      PRIMARY KEY (collapse_key, rev))`);
    for (const [name, event] of [
      ['inserted', 'INSERT'],
      ['updated', 'UPDATE OF rev'],
    ]) {
      this.database.read(`CREATE TRIGGER history_${name} AFTER ${event} ON icon BEGIN
        INSERT OR REPLACE INTO wanted_history VALUES (NEW.collapse_key, NEW.rev, NEW.wanted); END`);
    }
    await this.start();
    for (const device of devices.keys())
      for (const mailbox of mailboxIds) await this.subscribe(device, mailbox);
  }

  /** A new process; the one before, if it still runs, is taken over. */
  async start(): Promise<void> {
    this.#processes.push(
      startProxyProcess(this, { random: this.#random, recountEveryMs: this.#recountEveryMs }),
    );
    await this.clock.advance(1);
  }

  current(): ProxyProcess | undefined {
    return this.#processes.findLast(({ fate }) => !fate.dead);
  }

  /**
   * A backup is made when nothing is under way, the mailbox changes, every process dies, and a much later one finds the
   * backup; the mailbox may have by then what it had then.
   */
  async setBack(
    {
      mailbox,
      changes,
      countsToo,
      downMs,
    }: { mailbox: string; changes: readonly number[]; countsToo: boolean; downMs: number },
    { versioned }: { versioned: boolean },
  ): Promise<void> {
    await this.clock.advance(80_000);
    this.database.backUp();
    const { unseen } = this.mail.truth.get(mailbox) ?? { unseen: 0 };
    for (const change of changes) {
      this.mail.set(mailbox, change, 'at once', { versioned });
      await this.clock.advance(2000);
    }
    for (const { fate } of this.#processes) fate.die();
    if (countsToo) this.mail.set(mailbox, unseen, 'never', { versioned });
    await this.clock.advance(downMs); // what was under way ends meanwhile
    this.#restored = this.database.restore() || this.#restored;
    await this.start();
  }

  async subscribe(
    device: number,
    mailboxId: string,
    { target: which = 'same' }: { target?: Registration } = {},
  ): Promise<void> {
    const facts = devices[device];
    if (facts === undefined) return;
    const times = this.#targets[device] ?? 0;
    if (which === 'new') this.#targets[device] = times + 1;
    if (which === 'earlier') this.#targets[device] = Math.max(0, times - 1);
    const target = this.targetOf(device);
    const registration = { mailboxId };
    this.#unanswered.set(device, registration);
    await this.#call(async ({ subscriptions }) => {
      await subscriptions.subscribe({
        mailboxId,
        installationId: facts.installationId,
        appId: 'com.fabrikam.mail',
        sealedTarget: `sealed:${target}:0`,
        target: {
          targetId: target,
          provider: facts.provider,
          installationId: facts.installationId,
          registeredAt: this.clock.now(),
        },
        policy: 'unseen',
        presentation: facts.presentation,
        form: 'worker',
        language: 'en',
        previews: false,
        keys: facts.provider === 'webpush' ? keys : undefined,
      });
      if (this.#unanswered.get(device) === registration) this.#unanswered.delete(device);
    });
  }

  async unsubscribe(device: number, mailboxId: string): Promise<void> {
    await this.#call(({ subscriptions }) =>
      subscriptions.endDevice({
        mailboxId,
        installationId: devices[device]?.installationId ?? '',
        reason: 'unsubscribed',
      }),
    );
  }

  async opened(device: number, badge: number): Promise<void> {
    const icon = this.#liveIcon(device);
    if (icon === undefined) return;
    await this.#call(({ subscriptions }) =>
      subscriptions.opened({
        iconId: icon.id,
        mailboxId: mailboxIds[0],
        installationId: devices[device]?.installationId ?? '',
        badge,
      }),
    );
  }

  targetOf(device: number): string {
    return `target-${device}-${this.#targets[device] ?? 0}`;
  }

  /** Everything is up again, every device that is paused or had no answer registers again, and time passes. */
  async heal(): Promise<void> {
    this.relay.mode = 'up';
    this.relay.trouble = 0;
    for (const { fate } of this.#processes) {
      fate.diesIn = Number.POSITIVE_INFINITY;
      fate.resume();
    }
    await this.clock.advance(10_000); // whoever was taken over finds out
    if (this.current() === undefined) await this.start();
    this.mail.noticeGaps();
    await this.clock.advance(20_000);
    for (const [device, { mailboxId }] of [...this.#unanswered]) await this.subscribe(device, mailboxId);
    for (const device of devices.keys()) {
      // What a device did after the backup is lost, and its app finds that out.
      const known = this.#liveIcon(device) !== undefined;
      if (this.#restored && !known) await this.subscribe(device, mailboxIds[0]);
      const [paused] = this.database.read<IconRow>(
        'SELECT id FROM icon WHERE target_id = ? AND ended_at IS NULL AND paused_at IS NOT NULL',
        this.targetOf(device),
      );
      if (paused !== undefined) await this.subscribe(device, mailboxIds[0]);
    }
    await this.clock.advance(110_000);
  }

  /** The invariant of ARCHITECTURE.md. */
  judge(): void {
    if (this.relay.violation !== undefined) throw this.relay.violation;
    for (const { failure } of this.#processes) {
      if (failure !== undefined) assert.equal((failure as { code?: string }).code, 'proxy-taken-over');
    }
    assert.equal(this.#processes.filter(({ fate }) => !fate.dead).length, 1, 'one process is left');
    for (const device of devices.keys()) {
      const target = this.targetOf(device);
      const accepted = this.relay.accepted.get(target);
      const shown = this.relay.shown.get(target)?.badge;
      const live = this.database.read<IconRow>(
        'SELECT id, target_id, wanted, shown FROM icon WHERE target_id = ? AND ended_at IS NULL',
        target,
      );
      assert.ok(live.length <= 1, 'one target, one icon');
      const [icon] = live;
      if (icon === undefined) {
        // A provider that calls a closing icon's target invalid takes no final badge: only a new registration would help.
        const [last] = this.database.read<{ paused_at: number | null }>(
          'SELECT paused_at FROM icon WHERE target_id = ? ORDER BY ended_at DESC LIMIT 1',
          target,
        );
        if ((last?.paused_at ?? null) === null)
          assert.equal(accepted ?? 0, 0, `${target}: an ended icon kept its badge`);
        continue;
      }
      const subscribed = this.database.read<{ mailbox_id: string }>(
        'SELECT mailbox_id FROM subscription WHERE icon_id = ? AND ended_at IS NULL',
        icon.id,
      );
      const sum = subscribed.reduce(
        (total, row) => total + (this.mail.truth.get(row.mailbox_id)?.unseen ?? 0),
        0,
      );
      assert.deepEqual(
        { wanted: icon.wanted, believed: icon.shown, accepted, shown },
        { wanted: sum, believed: sum, accepted: sum, shown: sum },
        `${target}: the badge is not the count`,
      );
    }
  }

  close(): void {
    for (const { fate } of this.#processes) fate.die();
    this.database.close();
  }

  #liveIcon(device: number): IconRow | undefined {
    const [icon] = this.database.read<IconRow>(
      'SELECT id FROM icon WHERE target_id = ? AND ended_at IS NULL',
      this.targetOf(device),
    );
    return icon;
  }

  /** A call of a device; it is lost when the process dies or stands still, as any call may be. */
  async #call(call: (process: ProxyProcess) => Promise<unknown>): Promise<void> {
    const process = this.current();
    if (process === undefined) return;
    call(process).catch((error: { code?: string }) => {
      if (error.code !== 'icon-not-found') this.relay.violation ??= error as unknown as Error;
    });
    await this.clock.advance(1);
  }
}
