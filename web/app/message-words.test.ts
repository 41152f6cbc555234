import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialOf, shortTime } from './message-words.ts';

test('the circle beside a sender has a letter of the name, never a sign that turns the text or draws a picture', () => {
  const initials = ['Ben', '王小明', '\u202eevil', '<img>', '  é', '🎉', ''].map(fromName =>
    initialOf({ fromName, fromAddress: null }),
  );
  assert.deepEqual(initials, ['B', '王', 'E', 'I', 'É', '?', '?']);
  assert.equal(initialOf({ fromName: null, fromAddress: 'anna@fabrikam.com' }), 'A');
});

test('the nearer a message, the finer its time', () => {
  const now = new Date(2026, 10, 22, 15, 30).getTime();
  const times = [
    new Date(2026, 10, 22, 0, 5),
    new Date(2026, 10, 21, 23, 59),
    new Date(2026, 10, 16, 12, 0),
    new Date(2026, 10, 15, 12, 0),
    new Date(2025, 11, 31, 12, 0),
    new Date(2026, 10, 23, 0, 5), // a clock that is ahead
  ].map(at => shortTime(at.getTime(), now, 'en'));
  assert.deepEqual(times, ['00:05', 'Sat', 'Mon', 'Nov 15', 'Dec 31, 2025', 'Nov 23']);
});
