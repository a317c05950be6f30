import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import { addDays, boundsOf, dayOf } from '@/features/activities/time';
import type { GridColumn, Row } from './columns';
import { add, parse, print } from './filter';
import type { GridSearch } from './search';

export type Dated = Shape<gen.CrmDated>;
export type DatedPage = Shape<gen.CalendarOf, { items: Dated[] }>;

/** The dates by which records can stand in a calendar. */
export const datesOf = (columns: readonly GridColumn[]): GridColumn[] =>
  columns.filter(({ type }) => type === 'date' || type === 'dateTime');

/** The ends of a period as a field has them: days of the calendar, or moments where the reader is. */
export function endsOf(column: GridColumn, days: string[]): { from: string; to: string } {
  if (column.type === 'dateTime') return boundsOf(days);
  const [first = '', last = first] = [days[0], days.at(-1)];
  return { from: first, to: addDays(last, 1) };
}

export const datedQuery = (type: string, { q, filter }: GridSearch, column: GridColumn, days: string[]) =>
  queryOptions({
    queryKey: ['lists', type, 'calendar', column.key, { q, filter, ...endsOf(column, days) }],
    queryFn: ({ signal }) =>
      api.get<DatedPage>(
        `/lists/${type}/calendar`,
        { q, filter, by: column.key, ...endsOf(column, days) },
        signal,
      ),
    // Another period shows what it shares with this one; another date shares nothing.
    placeholderData: (old, query) => (query?.queryKey[3] === column.key ? old : undefined),
  });

/** The day on which a value stands. */
export const dayOn = (column: GridColumn, at: string): string =>
  column.type === 'dateTime' ? dayOf(at) : at.slice(0, 10);

/** The value on another day; a moment keeps its time of day. */
export function putOn(column: GridColumn, at: string, day: string): string {
  if (column.type !== 'dateTime') return day;
  const date = new Date(at);
  const [year = 0, month = 1, of = 1] = day.split('-').map(Number);
  date.setFullYear(year, month - 1, of);
  return date.toISOString();
}

/** The records of each day of a period. */
export function onDays(
  column: GridColumn,
  items: readonly Dated[],
  days: readonly string[],
): Map<string, Dated[]> {
  const out = new Map<string, Dated[]>(days.map((day) => [day, []]));
  // What stands at the same moment is found by its title.
  const ordered = [...items].sort((a, b) => a.at.localeCompare(b.at) || a.title.localeCompare(b.title));
  for (const item of ordered) out.get(dayOn(column, item.at))?.push(item);
  return out;
}

/** A record of the calendar as one that can be changed in a list. */
export const rowOf = (item: Dated, column: GridColumn): Row => ({
  id: item.id,
  rev: item.rev,
  ...(column.own ? { fields: { [column.key]: item.at } } : { [column.key]: item.at }),
});

/** The filter of a list that shows one day of a calendar. */
export const dayFilter = (
  filter: string | undefined,
  column: GridColumn,
  day: string,
): string | undefined => {
  const root = parse(filter);
  const own = { field: column.key, op: 'eq' as const, value: day };
  return print(root.match === 'all' ? add(root, [], own) : { match: 'all', items: [root, own] });
};
