import { expect, test } from 'vitest';
import { together } from './together';

const group = (by: string, ...ids: string[]) => ({ by, records: ids.map((id) => ({ id })) });

test('records that agree in several things are shown once', () => {
  const sets = together([group('name', 'a', 'b'), group('phone', 'b', 'a'), group('phone', 'a', 'b', 'c')]);
  expect(sets.map((set) => set.groups.map((one) => one.by))).toEqual([['name', 'phone'], ['phone']]);
  expect(sets.map((set) => set.records.map((one) => one.id))).toEqual([
    ['a', 'b'],
    ['a', 'b', 'c'],
  ]);
});
