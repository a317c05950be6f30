/** What the page keeps in the address. Parsed eagerly by the router, so keep it free of imports. */
export type AutomationSearch = { open?: string; q?: string; show?: Shown };

export const SHOWN = ['off', 'conditional', 'waiting', 'problem', 'changed'] as const;
/** Which robots are shown: those that are off, have a condition, run later, have a problem, or are not saved. */
export type Shown = (typeof SHOWN)[number];

export function parseAutomationSearch(search: Record<string, unknown>): AutomationSearch {
  const parsed: AutomationSearch = {};
  if (typeof search.open === 'string' && search.open !== '') parsed.open = search.open;
  if (typeof search.q === 'string' && search.q !== '') parsed.q = search.q;
  const show = SHOWN.find((name) => name === search.show);
  if (show) parsed.show = show;
  return parsed;
}
