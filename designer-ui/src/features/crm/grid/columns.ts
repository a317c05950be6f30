import type * as gen from '@/api/schema.gen';
import type { FieldInfo, FieldType, Values } from '../ownFields';
import type { FilterOp } from './filter';

export type ListField = {
  key: string;
  type: FieldType;
  ops: FilterOp[];
  sorts: boolean;
  why?: 'several' | 'names' | 'long' | 'clients';
  system?: boolean;
};

/** A record of any type as a list shows it. */
export type Row = {
  id: string;
  rev: number;
  fields?: Values;
  products?: gen.CrmProductRow[] | null;
  [key: string]: unknown;
};

export type GridColumn = ListField & {
  label: string;
  own: boolean;
  /** What an input of the field needs to know; nothing where it is never typed. */
  info: FieldInfo;
};

export type Shown = { key: string; width: number };

const widths: Partial<Record<FieldType, number>> = {
  number: 110,
  money: 140,
  date: 130,
  dateTime: 170,
  boolean: 100,
  longText: 260,
  address: 240,
};
export const narrowest = 72;
export const widest = 640;

const first = ['title', 'name'];
export const isTitle = (key: string) => first.includes(key);

export const widthOf = (column: ListField): number =>
  isTitle(column.key) ? 260 : (widths[column.type] ?? 160);

const usual: Record<string, readonly string[]> = {
  contact: ['name', 'company', 'position', 'email', 'phone', 'responsible'],
  company: ['name', 'taxId', 'email', 'phone', 'responsible', 'createdAt'],
};

/** The columns of a list that nobody has chosen columns for. */
export const usualColumns = (type: string): readonly string[] =>
  usual[type] ?? ['title', 'stage', 'amount', 'company', 'responsible', 'expectedCloseAt', 'createdAt'];

/** The columns that an address names, in their order; unknown ones are left out. The title is always there. */
export function shownColumns(
  text: string | undefined,
  type: string,
  columns: readonly GridColumn[],
): Shown[] {
  const known = new Map(columns.map((column) => [column.key, column]));
  const chosen = (text ? text.split(',') : usualColumns(type)).map((part) => part.split(':'));
  const shown: Shown[] = [];
  for (const [key = '', width] of chosen) {
    const column = known.get(key);
    if (!column || shown.some((one) => one.key === key)) continue;
    shown.push({ key, width: clamp(Number(width) || widthOf(column)) });
  }
  const title = columns.find((column) => isTitle(column.key));
  if (title && !shown.some((one) => one.key === title.key))
    shown.unshift({ key: title.key, width: widthOf(title) });
  return shown;
}

export const clamp = (width: number) => Math.round(Math.min(widest, Math.max(narrowest, width)));

/** The columns for the address; nothing when they are the usual ones. */
export function printColumns(
  shown: readonly Shown[],
  type: string,
  columns: readonly GridColumn[],
): string | undefined {
  const own = (one: Shown) => {
    const column = columns.find(({ key }) => key === one.key);
    return column && widthOf(column) === one.width ? one.key : `${one.key}:${one.width}`;
  };
  const text = shown.map(own).join(',');
  return text === shownColumns(undefined, type, columns).map(own).join(',') ? undefined : text;
}

/** A list with one element at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [taken] = next.splice(from, 1);
  if (taken !== undefined) next.splice(Math.max(0, Math.min(to, next.length)), 0, taken);
  return next;
}

const references = ['company', 'contact', 'responsible'];

/** What no record can be without, on whatever stage it stands. */
export const neverEmpty = (column: GridColumn) => isTitle(column.key) || column.info.required === true;

/** The value of a field, in the form in which inputs and filters have it. */
export function fieldValue(row: Row, column: GridColumn): unknown {
  if (column.own) return row.fields?.[column.key];
  if (references.includes(column.key)) return row[`${column.key}Id`] || undefined;
  if (column.key === 'stage' || column.key === 'pipeline') return row[`${column.key}Id`];
  if (column.key === 'amount') return { amount: row.amount, currency: row.currency };
  return row[column.key] === '' ? undefined : (row[column.key] ?? undefined);
}

/** The name that a record keeps beside the id of a company, a contact or a person. */
export const keptName = (row: Row, column: GridColumn): string | undefined =>
  column.own || !references.includes(column.key)
    ? undefined
    : (row[`${column.key}Name`] as string | undefined) || undefined;

/** What is sent to give a field another value. */
export function patchOf(column: GridColumn, value: unknown, row: Row): Record<string, unknown> {
  if (column.own) return { fields: { [column.key]: value ?? null } };
  if (references.includes(column.key)) return { [`${column.key}Id`]: value ?? '' };
  if (column.key === 'amount') {
    const money = value as { amount: number; currency: string } | null | undefined;
    return money ? { amount: money.amount, currency: money.currency } : { amount: 0, currency: row.currency };
  }
  return { [column.key]: value ?? '' };
}

/** Whether a field of a record can be typed over in the list. */
export const editable = (column: GridColumn, row: Row): boolean =>
  !column.system &&
  column.type !== 'file' &&
  column.type !== 'booking' &&
  (column.own || column.key !== 'name' || row.firstName === undefined) &&
  !(column.key === 'amount' && !column.own && (row.products?.length ?? 0) > 0);

/** Whether two values are the same; empty ones are. */
export const same = (a: unknown, b: unknown): boolean => plain(a) === plain(b);

function plain(value: unknown): string {
  if (value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0))
    return '';
  // Days come as instants and are typed as days.
  if (typeof value === 'string') return value.replace(/T00:00:00(\.000)?Z$/, '');
  if (typeof value === 'object' && 'amount' in value)
    return `${(value as { amount: number }).amount} ${(value as { currency?: string }).currency}`;
  return JSON.stringify(value);
}
