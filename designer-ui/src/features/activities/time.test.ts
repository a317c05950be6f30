import { describe, expect, it } from 'vitest';
import type { Activity } from './api';
import { addMonths, byDay, dayOf, daysOf, movedTo, nextHour } from './time';

const activity = (fields: Partial<Activity>): Activity =>
  ({ id: 'a', start: null, end: null, deadline: null, ...fields }) as Activity;

describe('days of a view', () => {
  it('shows whole weeks of a month, from the first day of the week of a language', () => {
    const monday = daysOf('month', '2026-11-20', 1);
    expect([monday[0], monday.at(-1), monday.length]).toEqual(['2026-10-26', '2026-12-06', 42]);
    const sunday = daysOf('month', '2027-02-10', 0);
    expect([sunday[0], sunday.length % 7]).toEqual(['2027-01-31', 0]);
    expect(daysOf('month', '2027-02-10', 1)).toHaveLength(28);
  });
  it('keeps a week together over a change of the clocks and of the year', () => {
    expect(daysOf('week', '2027-01-01', 1)).toEqual([
      '2026-12-28',
      '2026-12-29',
      '2026-12-30',
      '2026-12-31',
      '2027-01-01',
      '2027-01-02',
      '2027-01-03',
    ]);
    expect(new Set(daysOf('list', '2026-03-10', 1)).size).toBe(31);
  });
  it('goes on by months from their first day', () => {
    expect(addMonths('2026-01-31', 1)).toBe('2026-02-01');
  });
});

describe('activities of a day', () => {
  it('puts what lasts on every day, what is due on its own, and leaves out what has no date', () => {
    const fair = activity({ id: 'fair', start: '2026-11-20T10:00:00', end: '2026-11-22T00:00:00' });
    const call = activity({ id: 'call', deadline: '2026-11-21T09:00:00' });
    const days = byDay([fair, call, activity({ id: 'none' })], ['2026-11-20', '2026-11-21', '2026-11-22']);
    expect([...days.values()].map((all) => all.map(({ id }) => id))).toEqual([
      ['fair'],
      ['fair', 'call'],
      [],
    ]);
  });
  it('moves to another day at the same time', () => {
    const meeting = activity({ start: '2026-11-20T10:30:00', end: '2026-11-20T11:00:00' });
    const patch = movedTo(meeting, '2026-11-25');
    expect([dayOf(patch?.start ?? ''), new Date(patch?.end ?? '').getHours()]).toEqual(['2026-11-25', 11]);
    expect(movedTo(meeting, '2026-11-20')).toBeNull();
    expect(movedTo(activity({}), '2026-11-20')).toBeNull();
  });
});

describe('the beginning of a plan', () => {
  it('is the next hour of a working day', () => {
    expect(nextHour(new Date('2026-11-20T09:12:00')).getHours()).toBe(10);
    const late = nextHour(new Date('2026-11-20T17:30:00'));
    expect([dayOf(late), late.getHours()]).toEqual(['2026-11-21', 9]);
    expect(nextHour(new Date('2026-11-20T04:30:00')).getHours()).toBe(9);
  });
});
