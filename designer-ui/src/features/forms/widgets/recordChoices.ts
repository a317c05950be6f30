import type { ComboboxItem, ComboboxItemGroup } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, type Page } from '@/api/client';
import { pipelinesQuery } from '@/features/crm/queries';
import { type FormContextValue, useFormContext } from '../context';
import { getAt, type JsonSchema, type Path, type WidgetName } from '../schema';

export type Choice = ComboboxItem | ComboboxItemGroup<ComboboxItem>;

type Pipeline = {
  id: string;
  name: string;
  type: string;
  stages: { id: string; name: string }[];
};

type RecordType = {
  key: string;
  name?: string;
  own?: boolean;
  fields: { key: string; label: string; type: string; standard: boolean; retired?: boolean }[];
};

/** What robots cannot write: rows and several contacts have editors of their own on the record. */
const unwritten = new Set(['products', 'contacts']);
const staged = ['lead', 'deal', 'quote', 'invoice'] as const;
const parties = ['contact', 'company'] as const;

/** Kinds of pickers that are about records; the others have one list for all. */
export const aboutRecords = new Set<WidgetName>([
  'record-type',
  'pipeline',
  'stage',
  'field',
  'booking-field',
]);

/**
 * The type of record that a picker is about: the hint of its schema, which is a type or the place of the field that says
 * it ("/type"), else the form's. Undefined where it is computed when the process runs.
 */
export function typeOfPicker(schema: JsonSchema, form: FormContextValue): string | undefined {
  const hint = schema['x-record-type'];
  if (typeof hint !== 'string') return form.recordType;
  if (!hint.startsWith('/')) return hint;
  const named = hint.slice(1).split('/');
  const value = getAt(form.value, named);
  if (value === undefined) {
    const otherwise = form.root.properties?.[named[0] as string]?.default;
    return typeof otherwise === 'string' ? otherwise : undefined;
  }
  return typeof value === 'string' ? value : undefined;
}

/** Stages to choose from, each id once: pipelines made from one set share them. */
export function stagesOf(
  pipelines: readonly Pipeline[],
  type: string | undefined,
  pipeline: unknown,
  home: { readonly recordType: string; readonly pipeline?: string | undefined },
): Choice[] {
  const ofType = pipelines.filter((one) => type === undefined || one.type === type);
  const named = pipeline ?? (type === home.recordType ? home.pipeline : undefined);
  const chosen = ofType.filter((one) => one.id === named);
  // Where none is named, a record of the form's type stays in its pipeline, and another one goes to the first.
  const among =
    chosen.length > 0 ? chosen : type === home.recordType || type === undefined ? ofType : ofType.slice(0, 1);
  const seen = new Set<string>();
  const groups = among.map(({ name, stages }) => ({
    group: name,
    items: stages
      .filter(({ id }) => !seen.has(id) && seen.add(id))
      .map(({ id, name: label }) => ({ value: id, label })),
  }));
  return among.length === 1 ? (groups[0]?.items ?? []) : groups.filter(({ items }) => items.length > 0);
}

/** Choices of a picker about records. */
export function useRecordChoices(kind: WidgetName, schema: JsonSchema, path: Path) {
  const { t } = useTranslation();
  const form = useFormContext();
  const type = typeOfPicker(schema, form);
  const pipelines = useQuery({ ...pipelinesQuery, enabled: kind === 'stage' || kind === 'pipeline' });
  const types = useQuery({
    queryKey: ['recordTypes'],
    queryFn: ({ signal }) => api.get<Page<RecordType>>('/record-types', undefined, signal),
    staleTime: 60_000,
    enabled: aboutRecords.has(kind),
  });
  const own = (types.data?.items ?? []).filter((one) => one.own);
  const typeName = (key: string): string =>
    [...staged, ...parties].some((one) => one === key)
      ? t(`form.recordType.${key as 'deal'}`)
      : own.find((one) => one.key === key)?.name || key;

  const all = pipelines.data?.items ?? [];
  const choices = (): Choice[] => {
    switch (kind) {
      case 'record-type':
        return [...staged, ...own.map((one) => one.key), ...parties].map((key) => ({
          value: key,
          label: typeName(key),
        }));
      case 'pipeline': {
        const offered = all.filter((one) => type === undefined || one.type === type);
        const option = ({ id, name }: Pipeline) => ({ value: id, label: name });
        if (type !== undefined) return offered.map(option);
        return [...new Set(offered.map((one) => one.type))].map((key) => ({
          group: typeName(key),
          items: offered.filter((one) => one.type === key).map(option),
        }));
      }
      case 'stage':
        return stagesOf(all, type, getAt(form.value, [...path.slice(0, -1), 'pipeline']), form);
      case 'field':
        return (types.data?.items.find((one) => one.key === (type ?? form.recordType))?.fields ?? [])
          .filter((field) => !field.retired && !unwritten.has(field.key))
          .map((field) => ({
            value: field.key,
            label: field.label || t(`form.recordField.${field.key as 'title'}`),
          }));
      case 'booking-field':
        return (types.data?.items.find((one) => one.key === (type ?? form.recordType))?.fields ?? [])
          .filter((field) => field.type === 'booking' && !field.retired)
          .map(({ key, label }) => ({ value: key, label }));
      default:
        return [];
    }
  };
  return { data: choices(), loading: pipelines.isLoading || types.isLoading };
}
