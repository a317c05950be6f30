import { useQuery } from '@tanstack/react-query';
import i18next, { type TFunction } from 'i18next';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { formatDateOnly, formatNumber } from '@/lib/format';
import {
  type Group,
  type Item,
  isBare,
  type Literal,
  type Operand,
  parseCondition,
  type Rule,
} from './condition';
import { type Names, useNaming } from './names';
import { fieldOf, sortOf, wordsOf } from './operators';

export interface SaidCondition {
  /** How the parts belong together. */
  readonly op: 'and' | 'or';
  readonly not: boolean;
  readonly parts: readonly string[];
}

type T = TFunction<'designer'>;

interface Vocabulary {
  readonly t: T;
  readonly names: Names;
  readonly label: (name: Names['values'][number]) => string;
  readonly person: (id: string) => string | undefined;
}

function literal({ t }: Vocabulary, value: Literal): string {
  switch (value.kind) {
    case 'text':
      return value.text === '' ? t('builder.nothing') : `“${value.text}”`;
    case 'number':
      return formatNumber(Number(value.text), { maximumFractionDigits: 10 });
    case 'truth':
      return t(value.value ? 'builder.yes' : 'builder.no');
    default:
      return t('builder.nothing');
  }
}

function field({ names, label }: Vocabulary, path: string): string {
  const name = names.byPath.get(fieldOf(path));
  return name ? label(name) : fieldOf(path).replace(/^record\./, '');
}

function operand(words: Vocabulary, value: Operand, rule: Rule): string {
  const { t, names, person } = words;
  const name = names.byPath.get(fieldOf(rule.path));
  switch (value.kind) {
    case 'money':
      return new Intl.NumberFormat(i18next.resolvedLanguage, {
        style: 'currency',
        currency: value.currency,
      }).format(Number(value.amount));
    case 'date':
      return formatDateOnly(value.text);
    case 'today':
      return new Intl.RelativeTimeFormat(i18next.resolvedLanguage, { numeric: 'auto' }).format(
        value.days,
        'day',
      );
    case 'now':
      return t('builder.now');
    case 'path':
      return field(words, value.path);
    case 'list':
      return value.items.map((item) => literal(words, item)).join(', ');
    case 'text': {
      const choice = name?.choices?.find((candidate) => candidate.value === value.text);
      return choice?.label || person(value.text) || literal(words, value);
    }
    default:
      return literal(words, value);
  }
}

function rule(words: Vocabulary, said: Rule): string {
  const { t, names } = words;
  const sort = sortOf(said.path, names.byPath.get(fieldOf(said.path)));
  const start = `${field(words, said.path)} ${t(`builder.op.${wordsOf(said.op, sort)}` as 'builder.op.eq')}`;
  return isBare(said.op) || !said.value ? start : `${start} ${operand(words, said.value, said)}`;
}

function item(words: Vocabulary, said: Item): string {
  if (said.kind === 'rule') return rule(words, said);
  const inside = said.items
    .map((part) => item(words, part))
    .join(` ${words.t(`conditionWords.${said.op}`)} `);
  return said.not ? `${words.t('conditionWords.not')} (${inside})` : `(${inside})`;
}

/** A condition in words, as far as groups can show it. */
export function sayCondition(source: string, words: Vocabulary): SaidCondition | undefined {
  const read = parseCondition(source);
  if (!('group' in read)) return undefined;
  const group: Group = read.group;
  return { op: group.op, not: group.not, parts: group.items.map((part) => item(words, part)) };
}

/** Says conditions by the names that people know. */
export function useConditionWords(names: Names): (source: string) => SaidCondition | undefined {
  const { t } = useTranslation('designer');
  const naming = useNaming();
  const directory = useQuery(directoryQuery).data;
  return useMemo(() => {
    const people = new Map((directory?.users ?? []).map(({ id, name }) => [id, name]));
    const words: Vocabulary = {
      t: t as T,
      names,
      // On a board everything is about its records: "Amount", not "Deal: Amount".
      label: (name) => naming.label(name).replace(/^[^:]+: /, (start) => (name.step ? start : '')),
      person: (id) => people.get(id),
    };
    return (source) => sayCondition(source, words);
  }, [t, naming, names, directory]);
}
