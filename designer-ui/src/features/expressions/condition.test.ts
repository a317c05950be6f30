import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  emptyGroup,
  type Group,
  type Item,
  type Literal,
  normalize,
  type Operand,
  type Operator,
  parseCondition,
  printCondition,
} from './condition';

/** Numbers that are the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function maker(seed: number) {
  const next = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const paths = [
    'record.title',
    'vars.a',
    'steps.ok?.outcome',
    'amount(record.amount)',
    'len(record.products)',
  ];
  const text = (): Literal => ({
    kind: 'text',
    text: pick(['', 'plain', 'with "quotes"', "it's", 'a) or (b', '{{ x }}', 'żółć\n', '\\', ' and ']),
  });
  const literal = (): Literal =>
    pick<() => Literal>([
      text,
      () => ({ kind: 'number', text: pick(['0', '-5', '12.50', '1e6', '100000']) }),
      () => ({ kind: 'truth', value: next() < 0.5 }),
      () => ({ kind: 'nothing' }),
    ])();
  const operand = (): Operand =>
    pick<() => Operand>([
      literal,
      () => ({ kind: 'money', amount: '12.50', currency: 'PLN' }),
      () => ({ kind: 'date', text: '2026-11-22' }),
      () => ({ kind: 'today', days: pick([0, 3, -7]) }),
      () => ({ kind: 'now' }),
      () => ({ kind: 'path', path: pick(paths) }),
    ])();
  const item = (depth: number): Item => {
    if (depth > 0 && next() < 0.35) return group(depth - 1);
    const op = pick<Operator>([
      'holds',
      'holdsNot',
      'isEmpty',
      'notEmpty',
      '==',
      '!=',
      '<',
      '<=',
      '>',
      '>=',
      'contains',
      'notContains',
      'startsWith',
      'notStartsWith',
      'endsWith',
      'notEndsWith',
      'in',
      'notIn',
      'has',
      'hasNot',
      'member',
      'notMember',
    ]); // prettier-ignore
    const path = pick(paths);
    if (['holds', 'holdsNot', 'isEmpty', 'notEmpty'].includes(op)) return { kind: 'rule', path, op };
    if (op === 'in' || op === 'notIn')
      return {
        kind: 'rule',
        path,
        op,
        value: { kind: 'list', items: [literal(), literal()].slice(0, pick([0, 1, 2])) },
      };
    if (op === 'member' || op === 'notMember') return { kind: 'rule', path, op, value: text() };
    return { kind: 'rule', path, op, value: operand() };
  };
  const group = (depth: number): Group => ({
    kind: 'group',
    op: pick(['and', 'or'] as const),
    not: next() < 0.3,
    items: Array.from({ length: pick([0, 1, 2, 3]) }, () => item(depth)),
  });
  return group;
}

const read = (source: string): Group => {
  const found = parseCondition(source);
  if ('unshown' in found) throw new Error(`${source}: ${found.unshown.reason} at ${found.unshown.text}`);
  return found.group;
};

describe('groups and their text', () => {
  it('are the same after writing and reading, whatever the groups', () => {
    for (let seed = 1; seed <= 3000; seed++) {
      const made = maker(seed)(3);
      const source = printCondition(made);
      const back = read(source);
      expect(normalize(back), `${seed}: ${source}`).toEqual(normalize(made));
      // What the builder writes, it reads as it stands.
      expect(printCondition(read(printCondition(back)))).toBe(printCondition(back));
    }
  });

  it('follow the precedence of the language', () => {
    expect(read('a and b or c')).toMatchObject({ op: 'or', items: [{ op: 'and' }, { path: 'c' }] });
    expect(read('a && !b || c != 2')).toMatchObject({
      op: 'or',
      items: [{ op: 'and', items: [{ op: 'holds' }, { op: 'holdsNot' }] }, { op: '!=' }],
    });
    expect(read("record.title not in ['x', `y`]")).toMatchObject({ items: [{ op: 'notIn' }] });
    expect(read('record.responsible in members("legal")')).toMatchObject({ items: [{ op: 'member' }] });
    expect(read('')).toEqual(emptyGroup());
  });

  it('leave out groups in which nothing stands yet', () => {
    const rule = { kind: 'rule', path: 'a', op: 'holds' } as const;
    expect(printCondition({ ...emptyGroup(), items: [rule, emptyGroup('or')] })).toBe('a');
    expect(printCondition({ ...emptyGroup(), not: true })).toBe('');
  });
});

describe('what stays text', () => {
  it.each([
    ['a + b > 2', 'calculation'],
    ['a > 2 * b', 'calculation'],
    ['a ? b : c', 'choice'],
    ['(a ?? 0) > 1', 'choice'],
    ['any(record.products, .price > 5)', 'call'],
    ['user(record.responsible).name == "x"', 'call'],
    ['record.products[0].name == "x"', 'call'],
    ['1 == 1', 'noComparison'],
    ['not a == b', 'syntax'],
    ['a and', 'syntax'],
    ['(a', 'syntax'],
    ['a ==', 'syntax'],
    ['"open', 'syntax'],
    ['a matches "x"', 'syntax'],
  ])('%s: %s', (source, reason) => {
    expect(parseCondition(source)).toMatchObject({ unshown: { reason } });
  });
});

it('shows every condition of the processes that come with the product', () => {
  const folder = join(import.meta.dirname, '../../../../schemas/examples');
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) {
        if (['when', 'conditional', 'while'].includes(key) && typeof inner === 'string') found.push(inner);
        else walk(inner);
      }
  };
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.json')) walk(JSON.parse(readFileSync(join(folder, name), 'utf8')));
  expect(found.length).toBeGreaterThan(20);
  for (const source of found) expect(() => read(source)).not.toThrow();
});
