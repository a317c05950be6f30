import { describe, expect, it } from 'vitest';
import type { Booking } from '@/features/bookings/api';
import type { Activity } from './api';
import { bookingMarks, entriesOf, type Mark, marksByDay } from './marks';

const mark = (id: string, at: Date): Mark => ({ id, kind: 'task', at: at.toISOString(), title: id, to: '/' });

describe('marks of a calendar', () => {
  it('stand on their day and nowhere else', () => {
    const days = ['2026-03-02', '2026-03-03'];
    const marks = [mark('a', new Date(2026, 2, 3, 23, 30)), mark('b', new Date(2026, 2, 4, 0, 10))];
    expect([...marksByDay(marks, days)].map(([, of]) => of.map(({ id }) => id))).toEqual([[], ['a']]);
  });

  it('are among what is planned by their time', () => {
    const call = { id: 'call', start: new Date(2026, 2, 3, 12).toISOString() } as Activity;
    const around = [mark('late', new Date(2026, 2, 3, 15)), mark('early', new Date(2026, 2, 3, 9))];
    expect(entriesOf([call], around).map(({ activity, mark: of }) => (activity ?? of)?.id)).toEqual([
      'early',
      'call',
      'late',
    ]);
  });

  it('are of a booking on each day that it takes, unless it is the room of an activity or hidden', () => {
    const booking = (id: string, more: Partial<Booking> = {}) =>
      ({
        id,
        resourceName: 'Van',
        from: new Date(2026, 2, 1, 18).toISOString(),
        to: new Date(2026, 2, 4, 0).toISOString(),
        ...more,
      }) as Booking;
    const [from, to] = [new Date(2026, 2, 2).toISOString(), new Date(2026, 2, 9).toISOString()];
    const marks = bookingMarks(
      [booking('a'), booking('b', { activity: 'x' }), booking('c', { hidden: true })],
      from,
      to,
    );
    expect(marks.map(({ id, at }) => [id, new Date(at).getHours()])).toEqual([
      ['a:2026-03-02', 0],
      ['a:2026-03-03', 0],
    ]);
  });
});
