/** What the pages of this feature keep in the address. Parsed eagerly by the router, so keep it free of imports. */
export const runStates = ['active', 'incident', 'completed', 'canceled', 'failed'] as const;
export type RunState = (typeof runStates)[number];

export const runTabs = ['history', 'outlook', 'waits', 'variables', 'documents'] as const;
export type RunTab = (typeof runTabs)[number];

export type RunsSearch = {
  state?: RunState;
  definition?: string;
  q?: string;
  version?: number;
  /** Selected node. */
  node?: string;
  tab?: RunTab;
  /** Repair of many that is looked at: the id of a job, or "jobs" for all of them. */
  repair?: string;
};

export function parseRunsSearch(search: Record<string, unknown>): RunsSearch {
  const parsed: RunsSearch = {};
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const state = runStates.find((name) => name === search.state);
  if (state) parsed.state = state;
  const tab = runTabs.find((name) => name === search.tab);
  if (tab) parsed.tab = tab;
  for (const key of ['definition', 'q', 'node', 'repair'] as const) {
    const value = text(search[key]);
    if (value) parsed[key] = value;
  }
  if (typeof search.version === 'number' && search.version > 0) parsed.version = search.version;
  return parsed;
}
