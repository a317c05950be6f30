import { queryOptions } from '@tanstack/react-query';
import { api, type Page, request } from '@/api/client';
import type { JsonSchema } from '@/features/forms';

/** When a robot runs, counted from the entry of its record into the stage or from a date of the record. */
export const TIMING_MODES = ['immediate', 'afterPrevious', 'delay', 'date'] as const;
export type TimingMode = (typeof TIMING_MODES)[number];
export const TIMING_UNITS = ['minute', 'hour', 'day', 'workingHour', 'workingDay'] as const;
export type TimingUnit = (typeof TIMING_UNITS)[number];
export type Direction = 'before' | 'after' | 'at';

export interface WorkingTime {
  company?: boolean;
  responsible?: boolean;
}

export interface Timing {
  mode: TimingMode;
  amount?: number;
  unit?: TimingUnit;
  direction?: Direction;
  /** Field of the record that a date rule goes by. */
  field?: string;
  /** Time of day, HH:MM. */
  at?: string;
  workingTime?: WorkingTime;
}

/** Something that is done by itself because a record entered a stage. */
export interface Robot {
  id: string;
  /** Key of the catalogue of node kinds, without the prefix of robots. */
  robot: string;
  name?: string;
  config: Record<string, unknown>;
  disabled?: boolean;
  group?: string;
  runAs?: string;
  /** Condition, an expression. */
  when?: string;
  timing: Timing;
}

/** Something that brings a record to a stage because of what happened. */
export interface Trigger {
  id: string;
  type: string;
  name?: string;
  config: Record<string, unknown>;
  when?: string;
  allowBack?: boolean;
  onBehalf?: string;
  disabled?: boolean;
}

export interface Finding {
  code: string;
  severity: string;
  message: string;
  /** Pointer into the board: `/stages/1/robots/0/config/text`. */
  path?: string;
  data?: Record<string, unknown>;
}

export interface StageRules {
  stage: string;
  robots: Robot[];
  triggers: Trigger[];
}

/** All rules of a pipeline: what is edited, undone and saved as one. */
export interface Rules {
  stages: StageRules[];
}

export interface StoredStage extends StageRules {
  /** The process that the rules of the stage were compiled to. */
  process?: { key: string; version?: number } | null;
  findings?: Finding[] | null;
}

export interface StageBoard {
  id: string;
  type: string;
  rev: number;
  stages: StoredStage[];
}

export interface TriggerKind {
  key: string;
  category: string;
  icon: string;
  title: string;
  help: string;
  schema: JsonSchema;
}

export type RobotState =
  | 'waiting'
  | 'waitingPrevious'
  | 'running'
  | 'done'
  | 'failed'
  | 'skipped'
  | 'disabled'
  | 'canceled'
  | 'notArmed';

/** One part of a condition: what it came to, and what it read. */
export interface WhyPart {
  source: string;
  op?: 'and' | 'or' | 'not';
  result: boolean;
  error?: string;
  values?: { path: string; value: unknown }[];
  parts?: WhyPart[];
}

export interface WhyChange {
  path: string;
  from: unknown;
  to: unknown;
  relation:
    | 'atLeast'
    | 'atMost'
    | 'moreThan'
    | 'lessThan'
    | 'equal'
    | 'not'
    | 'oneOf'
    | 'contains'
    | 'begins'
    | 'ends'
    | 'filled'
    | 'empty';
  limit?: unknown;
}

/** Why a condition did not hold, and the smallest change that would turn it round. */
export interface Why extends WhyPart {
  changes: WhyChange[];
  /** The values are those of the moment. */
  exact: boolean;
}

/** What a trigger did with a record, or why it did nothing. */
export interface TriggerEntry {
  at: string;
  kindTitle: string;
  trigger?: string;
  name?: string;
  reason: string;
  text: string;
  when?: string;
  error?: string;
  times: number;
  why?: Why | null;
}

/** What became of one robot for one record. */
export interface RobotOutcome {
  id: string;
  robot: string;
  name: string;
  group?: string;
  timing: Timing;
  state: RobotState;
  /** When it came to this. */
  at?: string | null;
  /** When it is due, while it waits. */
  until?: string | null;
  /** The robot that it follows. */
  after?: string;
  /** Why, in the reader's language. */
  reason?: string;
  /** Its condition, as it was evaluated, and what that saw. */
  asked?: { expression: string; result: boolean } | null;
  values?: { name: string; value: string }[] | null;
  why?: Why | null;
  byName?: string;
  runId?: string;
  node?: string;
  incident?: { id: string; code: string; message: string; remedy?: string } | null;
  canStop: boolean;
}

/** The run of one entry of a stage. */
export interface EntryRun {
  id: string;
  definitionKey: string;
  stage: string;
  stageName: string;
  startedAt: string;
}

export interface RecordAutomation {
  pipeline: string;
  stage: string;
  stageName: string;
  /** The record is in this entry still. */
  current: boolean;
  run: EntryRun | null;
  items: RobotOutcome[];
  earlier: EntryRun[];
}

const path = (pipeline: string) => `/stage-boards/${encodeURIComponent(pipeline)}`;

export const stageBoardQuery = (pipeline: string) =>
  queryOptions({
    queryKey: ['stage-board', pipeline],
    queryFn: ({ signal }) => api.get<StageBoard>(path(pipeline), undefined, signal),
    // The editor owns the rules once they are open; a refetch must not pull them away.
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

export const triggerKindsQuery = (language: string) =>
  queryOptions({
    queryKey: ['trigger-kinds', language],
    queryFn: ({ signal }) => api.get<Page<TriggerKind>>('/trigger-kinds', undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

export async function saveBoard(board: Pick<StageBoard, 'id' | 'rev'>, rules: Rules): Promise<StageBoard> {
  const reply = await request<StageBoard>('PUT', path(board.id), { body: rules, rev: board.rev });
  return reply.data;
}

/** Makes a process of the rules of a stage. With `replace` it is published and takes the place of the robots. */
export const keepAsProcess = (pipeline: string, stage: string, name: string, replace: boolean) =>
  api.post<{ key: string }>(`${path(pipeline)}/stages/${encodeURIComponent(stage)}/process`, {
    name,
    ...(replace ? { replace } : {}),
  });

const record = (type: string, id: string) => `/records/${type}/${encodeURIComponent(id)}/automation`;

const UNSETTLED: readonly RobotState[] = ['waiting', 'waitingPrevious', 'running'];

/** Robots of the stage that a record is on, or of an earlier entry. */
export const recordAutomationQuery = (type: string, id: string, run: string | undefined) =>
  queryOptions({
    queryKey: ['deal', id, 'automation', run ?? ''],
    queryFn: ({ signal }) => api.get<RecordAutomation>(record(type, id), { run }, signal),
    placeholderData: (old) => old,
    // What waits for a time becomes done without anybody touching the record.
    refetchInterval: ({ state }) =>
      state.data?.items.some((robot) => UNSETTLED.includes(robot.state)) ? 10_000 : false,
  });

/** What triggers did with a record, and why others stayed silent. */
export const recordTriggersQuery = (type: string, id: string) =>
  queryOptions({
    queryKey: ['deal', id, 'triggers'],
    queryFn: ({ signal }) =>
      api.get<Page<TriggerEntry>>(`/records/${type}/${encodeURIComponent(id)}/triggers`, undefined, signal),
  });

/** A robot with an incident is taken as failed: what follows it does not run. */
export const giveUpRobot = (type: string, id: string, robot: string) =>
  api.post<RecordAutomation>(`${record(type, id)}/${encodeURIComponent(robot)}/failure`, {});

export const stopRobot = (type: string, id: string, robot: string) =>
  api.delete<RecordAutomation>(`${record(type, id)}/${encodeURIComponent(robot)}`);
