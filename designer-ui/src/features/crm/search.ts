/** What the pages of this feature keep in the address. Parsed eagerly by the router, so keep it free of imports. */
export type CrmSearch = Record<string, string | number | boolean | undefined>;

export function parseCrmSearch(search: Record<string, unknown>): CrmSearch {
  const parsed: CrmSearch = {};
  for (const [key, value] of Object.entries(search)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      parsed[key] = value;
  }
  return parsed;
}
