/** What the pages of this feature keep in the address. Parsed eagerly by the router, so keep it free of imports. */
export const runStates = [
  'active',
  'incident',
  'suspended',
  'quarantined',
  'completed',
  'canceled',
  'failed',
] as const;
export type RunState = (typeof runStates)[number];

export const runTabs = [
  'history',
  'timeline',
  'outlook',
  'waits',
  'variables',
  'family',
  'documents',
] as const;
export type RunTab = (typeof runTabs)[number];

export const heats = ['median', 'p95', 'visits'] as const;
export type Heat = (typeof heats)[number];

export const periods = ['24h', '7d', '30d', '90d'] as const;
export type Period = (typeof periods)[number];

export type RunsSearch = {
  state?: RunState;
  definition?: string;
  q?: string;
  version?: number;
  /** Selected node. */
  node?: string;
  tab?: RunTab;
  /** What an instance waits for somebody in, who started it. */
  person?: string;
  startedBy?: string;
  /** Hours since the start, and since anything happened. */
  older?: number;
  idle?: number;
  /** Part of the code or the message of an open incident. */
  trouble?: string;
  /** name=value of a variable. */
  variable?: string;
  recordType?: string;
  recordId?: string;
  /** The past moment of one instance that is looked at: the number of a record. */
  at?: number;
  /** What the diagram of all instances shows, and of which time. */
  heat?: Heat;
  period?: Period;
  steps?: boolean;
  /** Repair of many that is looked at: the id of a job, or "jobs" for all of them. */
  repair?: string;
};

const texts = [
  'definition',
  'q',
  'node',
  'repair',
  'person',
  'startedBy',
  'trouble',
  'variable',
  'recordType',
  'recordId',
] as const;

/** The filters of a list of instances: what a saved view keeps and a bulk repair means. */
export function filtersOf(search: RunsSearch): RunsSearch {
  const {
    repair: _repair,
    tab: _tab,
    at: _at,
    heat: _heat,
    period: _period,
    steps: _steps,
    ...filters
  } = search;
  return filters;
}

/** Two of the states are flags beside the status of a run. */
export const statusOf = (state: RunState | undefined) =>
  state === 'incident' || state === 'suspended' ? undefined : state;

/** An age in hours as an instant, by the minute, so that the same question is asked for a while. */
export function hoursAgo(hours: number | undefined): string | undefined {
  if (hours === undefined) return undefined;
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  return new Date(minute - hours * 3_600_000).toISOString();
}

export function parseRunsSearch(search: Record<string, unknown>): RunsSearch {
  const parsed: RunsSearch = {};
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const state = runStates.find((name) => name === search.state);
  if (state) parsed.state = state;
  const tab = runTabs.find((name) => name === search.tab);
  if (tab) parsed.tab = tab;
  const heat = heats.find((name) => name === search.heat);
  if (heat) parsed.heat = heat;
  const period = periods.find((name) => name === search.period);
  if (period) parsed.period = period;
  if (search.steps === true) parsed.steps = true;
  for (const key of texts) {
    const value = text(search[key]);
    if (value) parsed[key] = value;
  }
  for (const key of ['version', 'older', 'idle', 'at'] as const) {
    const value = search[key];
    if (typeof value === 'number' && value > 0 && Number.isInteger(value)) parsed[key] = value;
  }
  return parsed;
}
