/** What the list and the calendar of records keep in their addresses, and what a saved view is. Parsed eagerly by the router, so keep it free of imports. */
export type GridSearch = {
  q?: string;
  /** A filter as JSON. */
  filter?: string;
  /** A field, with "-" for descending. */
  sort?: string;
  /** Columns in their order, with their widths: "title:240,amount". */
  cols?: string;
  /** The date by which records stand in the calendar; a view with one is a calendar. */
  by?: string;
  period?: 'week';
  /** A day of the period that is shown. */
  day?: string;
};

const names = ['q', 'filter', 'sort', 'cols', 'by'] as const;

export function parseGridSearch(search: Record<string, unknown>): GridSearch {
  const parsed: GridSearch = {};
  for (const name of names) {
    const value = search[name];
    // What looks like JSON in an address was read as JSON by the router.
    if (typeof value === 'string' && value !== '') parsed[name] = value;
    else if (name === 'filter' && typeof value === 'object' && value !== null)
      parsed.filter = JSON.stringify(value);
    else if (name === 'q' && typeof value === 'number') parsed.q = String(value);
  }
  if (search.period === 'week') parsed.period = 'week';
  if (typeof search.day === 'string' && /^\d{4}-\d\d-\d\d$/.test(search.day) && +new Date(search.day) > 0)
    parsed.day = search.day;
  return parsed;
}
