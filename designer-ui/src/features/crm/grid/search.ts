/** What the list of records keeps in its address, and what a saved view is. Parsed eagerly by the router, so keep it free of imports. */
export type GridSearch = {
  q?: string;
  /** A filter as JSON. */
  filter?: string;
  /** A field, with "-" for descending. */
  sort?: string;
  /** Columns in their order, with their widths: "title:240,amount". */
  cols?: string;
};

const names = ['q', 'filter', 'sort', 'cols'] as const;

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
  return parsed;
}
