import { describe, expect, it } from 'vitest';
import { readWho, writeWho } from './person';

describe('who is meant', () => {
  it.each([
    ['dana', { kind: 'id', name: 'dana', head: false }],
    [{ expr: 'record.responsible' }, { kind: 'path', name: 'record.responsible', head: false }],
    [{ expr: 'head(record.responsible)' }, { kind: 'path', name: 'record.responsible', head: true }],
    [{ expr: 'steps.ok?.by' }, { kind: 'path', name: 'steps.ok?.by', head: false }],
    [{ expr: 'head("dana")' }, { kind: 'id', name: 'dana', head: true }],
  ])('%j is read and written the same', (value, who) => {
    expect(readWho(value)).toEqual(who);
    expect(writeWho(readWho(value) as never)).toEqual(value);
  });

  it.each([
    '',
    undefined,
    { expr: 'head(head(record.responsible))' },
    { expr: 'record.amount > money(1, "PLN") ? "a" : "b"' },
    { expr: 'members("legal")[0]' },
    { expr: '' },
    { expr: 'nobody' },
  ])('%j is more than a picker shows', (value) => {
    expect(readWho(value)).toBeUndefined();
  });
});
