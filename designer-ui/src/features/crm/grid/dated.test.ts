import { describe, expect, test } from 'vitest';
import type { GridColumn } from './columns';
import { type Dated, dayFilter, dayOn, endsOf, onDays, putOn, rowOf } from './dated';

const column = (key: string, type: 'date' | 'dateTime', own = false) => ({ key, type, own }) as GridColumn;
const item = (id: string, at: string) => ({ id, rev: 1, title: id, at }) as Dated;

describe('records by their dates', () => {
  test('a period of days ends with the day after the last one', () => {
    expect(endsOf(column('due', 'date'), ['2026-02-23', '2026-02-28'])).toEqual({
      from: '2026-02-23',
      to: '2026-03-01',
    });
  });

  test('a period of moments begins and ends at midnights of the reader', () => {
    const { from, to } = endsOf(column('visit', 'dateTime'), ['2026-02-23', '2026-02-28']);
    expect([new Date(from).getHours(), new Date(to).getHours()]).toEqual([0, 0]);
    expect([new Date(from).getDate(), new Date(to).getDate()]).toEqual([23, 1]);
  });

  test('a day is the same wherever the reader is; a moment is not', () => {
    expect(dayOn(column('expectedCloseAt', 'date'), '2026-02-28T00:00:00Z')).toBe('2026-02-28');
    const moment = new Date(2026, 1, 28, 23, 30).toISOString();
    expect(dayOn(column('visit', 'dateTime'), moment)).toBe('2026-02-28');
  });

  test('a moment keeps its time of day on another one', () => {
    const moment = new Date(2026, 0, 31, 23, 30).toISOString();
    const moved = new Date(putOn(column('visit', 'dateTime'), moment, '2026-02-01'));
    expect([moved.getMonth(), moved.getDate(), moved.getHours(), moved.getMinutes()]).toEqual([1, 1, 23, 30]);
    expect(putOn(column('due', 'date'), '2026-01-31', '2026-02-01')).toBe('2026-02-01');
  });

  test('what lies outside of the days is on none of them', () => {
    const due = column('due', 'date');
    const found = onDays(
      due,
      [item('a', '2026-02-01'), item('b', '2026-02-03')],
      ['2026-02-01', '2026-02-02'],
    );
    expect([...found].map(([day, items]) => [day, items.map(({ id }) => id)])).toEqual([
      ['2026-02-01', ['a']],
      ['2026-02-02', []],
    ]);
  });

  test('of one moment the titles give the order', () => {
    const due = column('due', 'date');
    const found = onDays(due, [item('b', '2026-02-01'), item('a', '2026-02-01')], ['2026-02-01']);
    expect(found.get('2026-02-01')?.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('a row has the value where the field is kept', () => {
    expect(rowOf(item('a', '2026-02-01'), column('due', 'date', true)).fields).toEqual({ due: '2026-02-01' });
    expect(rowOf(item('a', '2026-02-01'), column('createdAt', 'dateTime')).createdAt).toBe('2026-02-01');
  });

  test('the list of a day keeps the filter', () => {
    const due = column('due', 'date');
    const day = { field: 'due', op: 'eq', value: '2026-02-01' };
    expect(JSON.parse(dayFilter(undefined, due, '2026-02-01') ?? '')).toEqual({ all: [day] });
    const any = { any: [{ field: 'title', op: 'eq', value: 'x' }] };
    expect(JSON.parse(dayFilter(JSON.stringify(any), due, '2026-02-01') ?? '')).toEqual({ all: [any, day] });
  });
});
