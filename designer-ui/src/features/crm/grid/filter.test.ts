import { expect, test } from 'vitest';
import { add, count, daysFromToday, fromToday, type Group, noFilter, parse, print, put } from './filter';

const text =
  '{"all":[{"field":"amount","op":"gte","value":5000},{"any":[{"field":"responsible","op":"eq","value":"me"},{"field":"comment","op":"empty"}]}]}';

test('a filter is written as it was read', () => {
  const filter = parse(text);
  expect(print(filter)).toBe(text);
  expect(count(filter)).toBe(3);
});

test('what says nothing is left out', () => {
  const filter: Group = {
    match: 'all',
    items: [
      { field: 'title', op: 'contains', value: '' },
      { match: 'any', items: [{ field: 'stage', op: 'in', value: [] }] },
      { match: 'none', items: [] },
    ],
  };
  expect(print(filter)).toBeUndefined();
  expect(print({ ...filter, items: [...filter.items, { field: 'vip', op: 'eq', value: false }] })).toBe(
    '{"all":[{"field":"vip","op":"eq","value":false}]}',
  );
});

test('an address that was edited by hand does no harm', () => {
  for (const broken of ['{', '7', '[]', '{"every":[]}', '{"field":5,"op":"eq"}', undefined])
    expect(parse(broken)).toEqual(noFilter);
  expect(parse('{"field":"vip","op":"eq","value":true}').items).toHaveLength(1);
});

test('nodes are put, added and taken away at their path', () => {
  let filter = parse(text);
  filter = put(filter, [1, 0], { field: 'title', op: 'notEmpty' });
  filter = add(filter, [1], { match: 'none', items: [] });
  filter = add(filter, [1, 2], { field: 'repeat', op: 'eq', value: true });
  filter = put(filter, [0], null);
  expect(print(filter)).toBe(
    '{"all":[{"any":[{"field":"title","op":"notEmpty"},{"field":"comment","op":"empty"},{"none":[{"field":"repeat","op":"eq","value":true}]}]}]}',
  );
  expect(put(filter, [], null)).toEqual(noFilter);
});

test('days are counted from today', () => {
  expect([
    daysFromToday('today'),
    daysFromToday('today-7d'),
    daysFromToday('today+30d'),
    daysFromToday('2026-01-02'),
  ]).toEqual([0, -7, 30, null]);
  expect([fromToday(0), fromToday(-7), fromToday(30)]).toEqual(['today', 'today-7d', 'today+30d']);
});
