/** What the pages of this feature keep in the address. Parsed eagerly by the router, so keep it free of imports. */
export type DesignerSearch = Record<string, string | number | boolean | undefined>;

export function parseDesignerSearch(search: Record<string, unknown>): DesignerSearch {
  const parsed: DesignerSearch = {};
  for (const [key, value] of Object.entries(search)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      parsed[key] = value;
  }
  return parsed;
}
