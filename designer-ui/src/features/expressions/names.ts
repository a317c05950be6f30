import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { useInlineProcess, useSampleType } from './inline';
import { type Sample, useSample } from './sample';

export type Name = gen.ExpressionName;
export type FunctionInfo = gen.ExprFunctionInfo;

/** Every key of the catalogue is listed there; these are made at run time. */
type AnyKey = 'value.now';

export const GROUPS = ['record', 'event', 'params', 'vars', 'steps', 'const', 'other'] as const;
export type NameGroup = (typeof GROUPS)[number];

export interface Names {
  readonly values: readonly Name[];
  readonly functions: readonly FunctionInfo[];
  /** By path without question marks. */
  readonly byPath: ReadonlyMap<string, Name>;
}

const NONE: Names = { values: [], functions: [], byPath: new Map() };

const namesQuery = (
  definitionKey: string,
  node: string | undefined,
  sample: Sample | undefined,
  inline: ReturnType<typeof useInlineProcess>,
) =>
  queryOptions({
    queryKey: ['expression-names', definitionKey, node, sample?.recordId, inline.text, inline.trigger],
    queryFn: async ({ signal }): Promise<Names> => {
      const body = { definitionKey, ...(node ? { node } : {}), ...sample, ...inline.body };
      const reply = await api.post<gen.ExpressionNames>('/expressions/names', body, { signal });
      const values = reply.values ?? [];
      return {
        values,
        functions: reply.functions ?? [],
        byPath: new Map(values.map((name) => [name.path, name])),
      };
    },
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 10_000,
  });

/** What an expression may read, with values of the sample record unless `sampled` is off. */
export function useNames(
  scope: { definitionKey?: string; node?: string } | undefined,
  sampled = true,
): Names {
  const sample = useSample(sampled ? scope?.definitionKey : undefined);
  const inline = useInlineProcess();
  const names = useQuery({
    ...namesQuery(scope?.definitionKey ?? '', scope?.node, sample, inline),
    enabled: scope?.definitionKey !== undefined,
  });
  return names.data ?? NONE;
}

/** A path as the scope knows it: without the marks for values that may be missing. */
export const plainPath = (path: string): string => path.replaceAll('?.', '.');

/** How a value is written: a step before may not have run, so its result may be missing. */
export const writtenPath = (name: Name): string =>
  name.step ? name.path.replace(`steps.${name.step}.`, `steps.${name.step}?.`) : name.path;

export function groupOf(name: Name): NameGroup {
  const [root] = name.path.split('.');
  return GROUPS.find((group) => group === root) ?? 'other';
}

type T = TFunction<'designer'>;

/** Names values as people say them: "Deal: Amount". */
export function useNaming() {
  const { t, i18n } = useTranslation(['designer', 'crm']);
  const type = useSampleType();
  const types = useQuery({
    queryKey: ['recordTypes'],
    queryFn: ({ signal }) => api.get<Page<gen.CrmRecordType>>('/record-types', undefined, signal),
    staleTime: 60_000,
  }).data?.items;
  return useMemo(() => namingOf(t as T, i18n, type, types), [t, i18n, type, types]);
}

export function namingOf(
  t: T,
  i18n: { exists: (key: string) => boolean },
  of: string,
  types: readonly Pick<gen.CrmRecordType, 'key' | 'name' | 'own' | 'fields'>[] | undefined,
) {
  const own = types?.find(({ key }) => key === of);
  const subject =
    (own?.own && own.name) ||
    (i18n.exists(`designer:recordType.${of}`) ? t(`recordType.${of as 'deal'}`) : of);
  const known = (key: string): string | undefined => (i18n.exists(key) ? t(key as AnyKey) : undefined);
  const field = (part: string): string =>
    known(`designer:value.field.${part}`) ?? known(`crm:field.${part}`) ?? part;
  /** What a company calls its own field, of the record or of one that belongs to it. */
  const ownField = (type: string, key: string): string | undefined =>
    types?.find((one) => one.key === type)?.fields?.find((one) => one.key === key && !one.standard)?.label;
  const label = (name: Name): string => {
    const parts = name.path.split('.');
    const last = parts[parts.length - 1] as string;
    if (name.step) {
      const value = name.label || (known(`designer:value.result.${last}`) ?? last);
      return t('value.stepValue', { step: name.named || name.step, value });
    }
    if (name.label) return name.label;
    switch (parts[0]) {
      case 'record': {
        const around = parts.length > 2 ? field(parts[1] as string) : subject;
        const value = ownField(parts.length > 2 ? (parts[1] as string) : of, last) ?? field(last);
        return parts.length === 1 ? subject : t('value.ofRecord', { record: around, value });
      }
      case 'event':
        return parts.length === 1
          ? t('value.group.event')
          : t('value.ofRecord', {
              record: t('value.group.event'),
              value: known(`designer:value.event.${last}`) ?? last,
            });
      case 'now':
        return t('value.now');
      case 'actor':
      case 'run':
        return parts.length === 1
          ? t(`value.${parts[0]}`)
          : t('value.ofRecord', { record: t(`value.${parts[0]}`), value: last });
      default:
        return last;
    }
  };
  const typeName = (type: string): string => known(`designer:type.${type}`) ?? t('value.any');
  const type = (name: Name): string =>
    name.of ? t('value.listOf', { type: typeName(name.of) }) : typeName(name.type);
  return { label, type };
}
