import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../runtime/errors.ts';
import { ManualClock } from '../../../runtime/manual-clock.ts';
import { type Check, failed, ok, runChecks, warning } from './check.ts';

const check = (name: string, needs: string[], run: Check['run']): Check => ({ name, needs, run });

test('what fails is the cause; what builds on it is not checked; what does not goes on', async () => {
  const ran: string[] = [];
  const noting = (name: string, finding: ReturnType<typeof ok>) => async () => {
    ran.push(name);
    return finding;
  };
  const { checks, firstCause } = await runChecks(
    [
      check('name', [], noting('name', warning('two names'))),
      check('way', ['name'], noting('way', failed('nobody there', 'look'))),
      check('token', ['way'], noting('token', ok(''))),
      check('badge', ['token', 'name'], noting('badge', ok(''))),
      check('mail', [], noting('mail', ok('reached'))),
      check('disk', [], noting('disk', failed('full'))),
    ],
    { clock: new ManualClock() },
  );
  assert.deepEqual(
    checks.map(({ name, outcome, detail }) => [name, outcome, detail]),
    [
      ['name', 'warning', 'two names'],
      ['way', 'failed', 'nobody there'],
      ['token', 'skipped', 'not checked, because "way" failed'],
      ['badge', 'skipped', 'not checked, because "way" failed'],
      ['mail', 'ok', 'reached'],
      ['disk', 'failed', 'full'],
    ],
  );
  assert.deepEqual(firstCause, { name: 'way', outcome: 'failed', detail: 'nobody there', hint: 'look' });
  assert.deepEqual(ran.toSorted(), ['disk', 'mail', 'name', 'way']);
});

test('the first cause is the first on the way, not the first to fail', async () => {
  const slow = Promise.withResolvers<ReturnType<typeof ok>>();
  const diagnosis = runChecks(
    [
      check('slow', [], () => slow.promise),
      check('quick', [], async () => {
        slow.resolve(failed('late'));
        return failed('at once');
      }),
    ],
    { clock: new ManualClock() },
  );
  assert.equal((await diagnosis).firstCause?.name, 'slow');
});

test('a check that hangs fails after ten seconds and is aborted; the whole ends within a minute', async () => {
  const clock = new ManualClock();
  let aborted = 0;
  const hang: Check['run'] = signal => {
    signal.addEventListener('abort', () => {
      aborted += 1;
    });
    return new Promise(() => undefined);
  };
  const slowly: Check['run'] = async () => {
    await clock.sleep(9999);
    return ok('at last');
  };
  const chain = Array.from({ length: 8 }, (_, index) =>
    check(`link ${index}`, index === 0 ? [] : [`link ${index - 1}`], slowly),
  );
  const diagnosis = runChecks([check('hangs', [], hang), ...chain], { clock });
  await clock.advance(60_000);
  const { checks } = await diagnosis;
  assert.deepEqual(
    checks.map(({ outcome }) => outcome),
    ['failed', 'ok', 'ok', 'ok', 'ok', 'ok', 'failed', 'skipped', 'skipped'],
  );
  assert.match(checks[0]?.detail ?? '', /no answer within 10 s/);
  assert.equal(aborted, 1);
  assert.equal(clock.pendingTimers <= 1, true);
});

test('an error is a failure with its own remedy', async () => {
  const { checks } = await runChecks(
    [
      check('known', [], async () => {
        throw new AppError('config-invalid', 'wrong', { hint: 'mend it' });
      }),
      check('unknown', [], async () => {
        throw new TypeError('x is undefined');
      }),
    ],
    { clock: new ManualClock() },
  );
  assert.deepEqual(
    checks.map(({ outcome, detail, hint }) => [outcome, detail, hint]),
    [
      ['failed', 'wrong', 'mend it'],
      ['failed', 'x is undefined', 'this may be a defect: report it'],
    ],
  );
});
