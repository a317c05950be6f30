import { queryOptions } from '@tanstack/react-query';
import i18next from 'i18next';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';

export type FieldType =
  | 'text'
  | 'longText'
  | 'number'
  | 'money'
  | 'date'
  | 'dateTime'
  | 'boolean'
  | 'list'
  | 'user'
  | 'reference'
  | 'file'
  | 'address'
  | 'phone'
  | 'email'
  | 'link'
  | 'booking';

/** The types of own fields in the order in which people choose from them. */
export const fieldTypes: readonly FieldType[] = [
  'text',
  'longText',
  'number',
  'money',
  'date',
  'dateTime',
  'boolean',
  'list',
  'user',
  'reference',
  'file',
  'address',
  'phone',
  'email',
  'link',
  'booking',
];

/** Types of which a record may hold several values. */
export const severalTypes: readonly FieldType[] = [
  'text',
  'list',
  'user',
  'reference',
  'file',
  'phone',
  'email',
  'link',
  'booking',
];

/** lead, deal, quote, invoice, contact, company, or a type that the workspace has made. */
export type RecordTypeKey = string;
export type FieldInfo = Shape<gen.CrmFieldInfo, { type: FieldType | 'products' }>;
export type RecordType = Shape<gen.CrmRecordType, { key: RecordTypeKey; fields: FieldInfo[] }>;
export type Dictionary = Shape<gen.CrmDictionary>;
export type DictionaryItem = gen.CrmItem;
export type Stages = gen.FieldStages;
/** Values of own fields by key. */
export type Values = Record<string, unknown>;

/** Contacts and companies: one that is named without its name may not be seen by the reader. */
export const isClient = (type: string | undefined) => type === 'contact' || type === 'company';

export const recordTypesQuery = queryOptions({
  queryKey: ['recordTypes'],
  queryFn: ({ signal }) => api.get<Page<RecordType>>('/record-types', undefined, signal),
  staleTime: 60_000,
});

export const dictionariesQuery = queryOptions({
  queryKey: ['dictionaries'],
  queryFn: ({ signal }) => api.get<Page<Dictionary>>('/dictionaries', undefined, signal),
  staleTime: 60_000,
});

/** The words for a field of every installation: it has no label of its own. */
const labeled = (field: FieldInfo): FieldInfo =>
  field.standard ? { ...field, label: i18next.t(`crm:field.${field.key as 'email'}`) } : field;

/** The fields whose values stand in `fields`: those of the workspace, and of leads the built-in ones; none that is retired. */
export const ownFieldsOf = (types: Page<RecordType> | undefined, key: RecordTypeKey): FieldInfo[] =>
  types?.items
    .find((type) => type.key === key)
    ?.fields.filter((field) => field.inFields && !field.retired)
    .map(labeled) ?? [];

/** What is known of who asks, before there is a contact or a company. */
export const leadFieldsOf = (types: Page<RecordType> | undefined, key: RecordTypeKey): FieldInfo[] =>
  ownFieldsOf(types, key).filter((field) => field.standard);

/** True where a record on this stage must have a value. */
export const requiredOn = (field: FieldInfo, pipeline?: string, stage?: string) =>
  field.required === true ||
  (field.requiredAt ?? []).some((at) => at.pipeline === pipeline && (at.stages ?? []).includes(stage ?? ''));

/** A value or several as a list. */
export const each = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null || value === '' ? [] : [value];

/** An instant as an input of local time wants it, and back. */
export function toLocal(instant: unknown): string {
  const at = typeof instant === 'string' ? new Date(instant) : null;
  if (!at || Number.isNaN(at.getTime())) return '';
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

export function fromLocal(text: string): string | null {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? null : at.toISOString();
}
