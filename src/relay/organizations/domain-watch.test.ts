import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { relayDatabase } from '../../../test/fixtures/relay-database.ts';
import { createLogger } from '../../runtime/logger.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { type RelayEvent, RelayEvents } from '../events.ts';
import { checkDomain } from './domain-checks.ts';
import { DomainWatch } from './domain-watch.ts';
import { deactivateOrganization, reactivateOrganization } from './organization-changes.ts';
import { addOrganization, insertOrganization, organizationByDomain } from './organizations.ts';

const dayMs = 24 * 3_600_000;
const graceMs = 14 * dayMs;

async function parts(t: TestContext) {
  const relay = await relayDatabase(t);
  const { db, clock, random, actor } = relay;
  /** What the name servers say of each domain: its record by default. */
  const faults = new Map<string, 'ENODATA' | 'ENOTFOUND' | 'ESERVFAIL' | 'ETIMEOUT'>();
  const asked: string[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const lookUpTxt = async (name: string): Promise<string[][]> => {
    const domain = name.replace('_mailbadge.', '');
    asked.push(domain);
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    await clock.sleep(10);
    atOnce -= 1;
    const code = faults.get(domain);
    if (code !== undefined) throw Object.assign(new Error(code), { code });
    return [[`mailbadge-domain-proof=token of ${domain}`]];
  };
  const events = new RelayEvents({
    logger: createLogger({ name: 'relay', level: 'silent' }),
    metrics: createMetrics(),
  });
  const recorded: RelayEvent[] = [];
  events.listen(event => void recorded.push(event));
  const watch = new DomainWatch({ db, lookUpTxt, events, clock, random, graceMs });
  t.after(() => watch[Symbol.dispose]());
  const add = async (domain: string) => {
    const about = { domain, name: null, contact: null, domainToken: `token of ${domain}` };
    await insertOrganization(db, about, { now: clock.now(), random });
  };
  await add('fabrikam.com');
  watch.start();
  return {
    ...relay,
    add,
    faults,
    asked,
    mostAtOnce: () => mostAtOnce,
    results: () => recorded.flatMap(event => (event.kind === 'domain-checked' ? [event.result] : [])),
    failures: () => recorded.filter(({ kind }) => kind === 'domain-check-failed'),
    organization: () => organizationByDomain(db, 'fabrikam.com'),
    act: () => ({ now: clock.now(), actor }),
    check: () => checkDomain(db, { domain: 'fabrikam.com' }, { lookUpTxt, clock, actor, graceMs }),
  };
}

test('each record is looked up about once a day, a few at once', async t => {
  const { clock, add, asked, mostAtOnce, organization, failures } = await parts(t);
  for (let index = 0; index < 20; index++) await add(`a${index}.com`);
  await clock.advance(10.5 * dayMs);
  const times = asked.filter(domain => domain === 'fabrikam.com').length;
  assert.ok(times >= 9 && times <= 10, String(times));
  assert.ok(asked.length >= 21 * 9);
  assert.ok(mostAtOnce() <= 4, String(mostAtOnce()));
  const { state, checkedAt } = (await organization()).domainProof;
  assert.equal(state, 'proved');
  assert.ok((checkedAt ?? 0) > clock.now() - 1.2 * dayMs);
  assert.deepEqual(failures(), []);
});

test('a record that is gone is told once, and costs the organization its standing after the time of grace', async t => {
  const { clock, faults, results, organization, audited } = await parts(t);
  await clock.advance(2 * dayMs);
  faults.set('fabrikam.com', 'ENOTFOUND');
  await clock.advance(graceMs - dayMs);
  const before = await organization();
  assert.deepEqual([before.active, before.domainProof.state], [true, 'missing']);
  await clock.advance(3 * dayMs);
  const after = await organization();
  assert.deepEqual([after.active, after.endedReason], [false, 'domain-proof-missing']);
  assert.equal(results().at(-1), 'deactivated');
  assert.deepEqual(
    (await audited()).map(({ action, actor }) => `${actor}: ${action}`),
    ['relay: organization.domain-missing', 'relay: organization.deactivate'],
  );
  const count = results().length;
  await clock.advance(5 * dayMs);
  assert.equal(results().length, count, 'who is deactivated is not asked for');
});

test('a record that comes back within the time of grace is as if it had never gone', async t => {
  const { clock, faults, organization, audited } = await parts(t);
  faults.set('fabrikam.com', 'ENODATA');
  await clock.advance(10 * dayMs);
  faults.delete('fabrikam.com');
  await clock.advance(2 * dayMs);
  faults.set('fabrikam.com', 'ENODATA');
  await clock.advance(10 * dayMs);
  assert.equal((await organization()).active, true);
  assert.deepEqual(
    (await audited()).map(({ action }) => action),
    ['organization.domain-missing', 'organization.domain-found', 'organization.domain-missing'],
  );
});

test('name servers that cannot say take nothing from anybody, for however long', async t => {
  const { clock, faults, results, organization } = await parts(t);
  faults.set('fabrikam.com', 'ESERVFAIL');
  await clock.advance(20 * dayMs);
  faults.set('fabrikam.com', 'ETIMEOUT');
  await clock.advance(20 * dayMs);
  const { active, domainProof } = await organization();
  assert.deepEqual([active, domainProof.missingSince], [true, null]);
  assert.ok(results().every(result => result === 'unreachable') && results().length > 0);
});

test('nor does an outage after the record went count as proof that it is still gone', async t => {
  const { clock, faults, organization } = await parts(t);
  faults.set('fabrikam.com', 'ENODATA');
  await clock.advance(3 * dayMs);
  faults.set('fabrikam.com', 'ETIMEOUT');
  await clock.advance(20 * dayMs);
  assert.equal((await organization()).active, true);
});

test('who is reactivated without the record has the whole time of grace again', async t => {
  const { db, clock, faults, organization, act, check } = await parts(t);
  faults.set('fabrikam.com', 'ENODATA');
  await clock.advance(20 * dayMs);
  assert.equal((await organization()).active, false);
  await reactivateOrganization(db, 'fabrikam.com', act());
  const checking = check();
  await clock.advance(10);
  assert.equal((await checking).deactivated, false);
  await clock.advance(graceMs - 2 * dayMs);
  assert.equal((await organization()).active, true);
  await clock.advance(4 * dayMs);
  assert.equal((await organization()).active, false);
});

test('an organization that its operator vouches for has no record to look up', async t => {
  const { db, clock, random, actor, asked } = await parts(t);
  await addOrganization(db, { domain: 'contoso.com' }, { clock, random, actor });
  await clock.advance(3 * dayMs);
  assert.ok(!asked.includes('contoso.com'));
  const unused = async () => [];
  await assert.rejects(
    checkDomain(db, { domain: 'contoso.com' }, { lookUpTxt: unused, clock, graceMs }),
    /contoso\.com has no record to look up/,
  );
});

test('the reason of whoever was deactivated before stays', async t => {
  const { db, clock, faults, organization, act, check } = await parts(t);
  await deactivateOrganization(db, 'fabrikam.com', { ...act(), reason: 'left' });
  faults.set('fabrikam.com', 'ENODATA');
  await clock.advance(graceMs + dayMs);
  const checking = check();
  await clock.advance(10);
  assert.equal((await checking).deactivated, false);
  assert.equal((await organization()).endedReason, 'left');
});
