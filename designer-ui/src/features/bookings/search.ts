/** What the calendar of resources keeps in its address. Parsed eagerly by the router, so keep it free of imports. */
export type ResourceSearch = { view?: 'day' | 'week'; day?: string; kind?: string };

export function parseResourceSearch(search: Record<string, unknown>): ResourceSearch {
  const parsed: ResourceSearch = {};
  const { view, day, kind } = search;
  if (view === 'day' || view === 'week') parsed.view = view;
  if (typeof day === 'string' && /^\d{4}-\d\d-\d\d$/.test(day)) parsed.day = day;
  if (typeof kind === 'string' && kind) parsed.kind = kind;
  return parsed;
}
