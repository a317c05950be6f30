import type { Operand, Operator, Rule } from './condition';
import { type Name, plainPath } from './names';

/** What kind of thing a field is, as far as comparing goes. */
export type Sort =
  | 'text'
  | 'number'
  | 'truth'
  | 'money'
  | 'day'
  | 'moment'
  | 'person'
  | 'list'
  | 'thing'
  | 'any';

const SORTS: Record<string, Sort> = {
  string: 'text',
  group: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'truth',
  money: 'money',
  date: 'day',
  dateTime: 'moment',
  user: 'person',
  list: 'list',
  object: 'thing',
  file: 'thing',
};

export function sortOf(path: string, name: Name | undefined): Sort {
  const call = /^(\w+)\(/.exec(path)?.[1];
  if (call) return call === 'currency' || call === 'lower' || call === 'upper' ? 'text' : 'number';
  return (name && SORTS[name.type]) ?? 'any';
}

/** The field that a written path reads: inside the brackets of a measure too. */
export const fieldOf = (path: string): string => plainPath(/^\w+\((.+)\)$/.exec(path)?.[1] ?? path);

const EMPTY: Operator[] = ['isEmpty', 'notEmpty'];
const ORDER: Operator[] = ['<', '<=', '>', '>='];
const WORDS: Operator[] = [
  'contains',
  'notContains',
  'startsWith',
  'notStartsWith',
  'endsWith',
  'notEndsWith',
];
const OPERATORS: Record<Sort, Operator[]> = {
  text: ['==', '!=', ...WORDS, 'in', 'notIn', ...EMPTY],
  number: ['==', '!=', ...ORDER, 'in', 'notIn', ...EMPTY],
  truth: ['==', '!='],
  money: [...ORDER, '==', '!=', ...EMPTY],
  day: [...ORDER, '==', '!=', ...EMPTY],
  moment: [...ORDER, ...EMPTY],
  person: ['==', '!=', 'member', 'notMember', ...EMPTY],
  list: ['has', 'hasNot', ...EMPTY],
  thing: EMPTY,
  any: ['==', '!=', ...ORDER, ...WORDS, 'in', 'notIn', 'has', 'hasNot', ...EMPTY],
};

/** What a field can be compared by; what the rule has already is always among them. */
export function operatorsOf(sort: Sort, current: Operator): Operator[] {
  const offered = OPERATORS[sort];
  return offered.includes(current) ? offered : [current, ...offered];
}

const ORDERED: Partial<Record<Operator, readonly [plain: string, dated: string]>> = {
  '==': ['eq', 'eq'],
  '!=': ['ne', 'ne'],
  '<': ['lt', 'before'],
  '<=': ['le', 'until'],
  '>': ['gt', 'after'],
  '>=': ['ge', 'since'],
};

/** The key of an operator's words: dates come before, numbers are less. */
export function wordsOf(op: Operator, sort: Sort): string {
  const words = ORDERED[op];
  return words ? words[sort === 'day' || sort === 'moment' ? 1 : 0] : op;
}

/** What a fresh comparison of a field begins with. */
export function freshValue(
  sort: Sort,
  op: Operator,
  choices: readonly { value: string }[] = [],
): Operand | undefined {
  if (['isEmpty', 'notEmpty', 'holds', 'holdsNot'].includes(op)) return undefined;
  if (op === 'in' || op === 'notIn') return { kind: 'list', items: [] };
  if (op === 'member' || op === 'notMember') return { kind: 'text', text: '' };
  switch (sort) {
    case 'number':
      return { kind: 'number', text: '0' };
    case 'truth':
      return { kind: 'truth', value: true };
    case 'money':
      return { kind: 'money', amount: '0', currency: 'PLN' };
    case 'day':
      return { kind: 'today', days: 0 };
    case 'moment':
      return { kind: 'now' };
    default:
      return { kind: 'text', text: choices[0]?.value ?? '' };
  }
}

/** The kinds of values that a field can be compared with. */
export function valueKinds(
  sort: Sort,
  op: Operator,
  current: Operand['kind'] | undefined,
): Operand['kind'][] {
  if (op === 'in' || op === 'notIn') return ['list'];
  if (op === 'member' || op === 'notMember') return ['text'];
  const own: Record<Sort, Operand['kind'][]> = {
    text: ['text'],
    number: ['number'],
    truth: ['truth'],
    money: ['money'],
    day: ['today', 'date', 'now'],
    moment: ['now', 'today', 'date'],
    person: ['text'],
    list: ['text', 'number'],
    thing: ['text'],
    any: ['text', 'number', 'truth'],
  };
  const kinds: Operand['kind'][] = [...own[sort], 'path'];
  return current && !kinds.includes(current) ? [current, ...kinds] : kinds;
}

/** A rule after its field or operator has changed: a value that still fits stays. */
export function refit(rule: Rule, sort: Sort, choices: readonly { value: string }[] = []): Rule {
  const op =
    operatorsOf(sort, '==').includes(rule.op) || sort === 'any' ? rule.op : (OPERATORS[sort][0] as Operator);
  const fresh = freshValue(sort, op, choices);
  if (fresh === undefined) return { kind: 'rule', path: rule.path, op };
  const kept = rule.value && valueKinds(sort, op, undefined).includes(rule.value.kind) ? rule.value : fresh;
  return { kind: 'rule', path: rule.path, op, value: kept };
}
