import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type { Finding, Timing, Why } from '@/features/automation/api';

/** One thing that a handler does. */
export interface Step {
  id: string;
  /** Key of a robot, a step of people, or `status.set`. */
  robot: string;
  name?: string;
  config: Record<string, unknown>;
  disabled?: boolean;
  runAs?: string;
  when?: string;
}

export type Who = string | { expr: string };

/** A button that people press while the process waits in a status. */
export interface Command {
  id: string;
  name: string;
  allowed?: Who[];
  when?: string;
  steps: Step[];
}

/** What happens in a status after a time or at a date, once per stay. */
export interface Delay {
  id: string;
  name?: string;
  timing: Timing;
  steps: Step[];
}

export interface Status {
  id: string;
  name: string;
  color?: string;
  entry: Step[];
  exit: Step[];
  commands: Command[];
  delays: Delay[];
}

export type OccasionKind = 'recordCreated' | 'recordChanged' | 'stageEntered';

/** Something that starts the process by itself. */
export interface Occasion {
  on: OccasionKind;
  fields?: string[];
  pipeline?: string;
  stage?: string;
  when?: string;
  byProcesses?: boolean;
}

/** What is drawn of a template: edited, undone and saved as one. */
export interface Content {
  name: string;
  description?: string;
  disabled?: boolean;
  initial: string;
  start: { byHand: boolean; on?: Occasion[] };
  statuses: Status[];
}

export interface Template extends Content {
  id: string;
  rev: number;
  type: string;
  updatedAt: string;
  process: { key: string; version?: number };
  findings: Finding[];
  active: number;
}

/** One status of a process, as a record shows it. */
export interface Place {
  id: string;
  name: string;
  color?: string;
  since?: string | null;
  visits?: number;
}

export interface CommandState {
  id: string;
  name: string;
  can: boolean;
  because?: 'notAllowed' | 'condition' | 'unreadable' | 'busy' | 'incident' | 'held';
  /** Why not, in the reader's language. */
  reason?: string;
  asked?: { expression: string; result: boolean } | null;
  values?: { name: string; value: string }[] | null;
  /** Of a condition that does not hold: its parts, and the smallest change that would turn it round. */
  why?: Why | null;
  people?: string[] | null;
  peopleNames?: string[] | null;
}

export interface Moment {
  at: string;
  what: 'entered' | 'command' | 'delay' | 'completed' | 'canceled' | 'failed';
  id?: string;
  name?: string;
  by?: string;
  byName?: string;
}

/** A status-driven process of a record. */
export interface ProcessState {
  run: string;
  process: string;
  name: string;
  version: number;
  status: 'active' | 'completed' | 'canceled' | 'failed' | 'quarantined';
  suspended: boolean;
  startedAt: string;
  endedAt?: string | null;
  current: Place | null;
  statuses: Place[];
  turn: number;
  commands: CommandState[];
  delays: {
    id: string;
    name?: string;
    state: 'waiting' | 'noDate' | 'due' | 'done';
    until?: string | null;
  }[];
  working: {
    step: string;
    name: string;
    people?: { id: string; name: string }[] | null;
    incident?: { message: string; remedy?: string } | null;
  }[];
  story: Moment[];
}

export interface RecordProcesses {
  items: ProcessState[];
  startable: { key: string; name?: string }[];
}

const one = (id: string) => `/status-processes/${encodeURIComponent(id)}`;

export const templatesQuery = queryOptions({
  queryKey: ['statusProcesses'],
  queryFn: ({ signal }) => api.get<Page<Template>>('/status-processes', undefined, signal),
});

export const templateQuery = (id: string) =>
  queryOptions({
    queryKey: ['statusProcesses', id],
    queryFn: ({ signal }) => api.get<Template>(one(id), undefined, signal),
    // The editor owns the template once it is open; a refetch must not pull it away.
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

export const createTemplate = (type: string, content: Content) =>
  api.post<Template>('/status-processes', { type, ...content });
export const saveTemplate = (id: string, rev: number, content: Content) =>
  api.put<Template>(one(id), content, { rev });
export const deleteTemplate = (template: Pick<Template, 'id' | 'rev'>) =>
  api.delete(one(template.id), { rev: template.rev });

const ofRecord = (type: string, id: string) => `/records/${type}/${encodeURIComponent(id)}/status-processes`;

/** The processes of a record. Its key is that of the record, so that what refreshes one refreshes both. */
export const recordProcessesQuery = (type: string, id: string) =>
  queryOptions({
    queryKey: ['deal', id, 'statusProcesses'],
    queryFn: ({ signal }) => api.get<RecordProcesses>(ofRecord(type, id), undefined, signal),
    // Delays and steps end without anybody touching the record.
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ status, working }) => status === 'active' && working.length > 0)
        ? 2_000
        : state.data?.items.some(({ status }) => status === 'active')
          ? 15_000
          : false,
  });

export const startProcess = (type: string, id: string, process: string) =>
  api.post<ProcessState>(ofRecord(type, id), { process });
export const giveCommand = (
  type: string,
  id: string,
  state: Pick<ProcessState, 'run' | 'turn'>,
  command: string,
) =>
  api.post<ProcessState>(`${ofRecord(type, id)}/${encodeURIComponent(state.run)}/commands`, {
    command,
    turn: state.turn,
  });
