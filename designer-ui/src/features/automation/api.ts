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
  /** Pointer into the stage: `/robots/0/config/text`. */
  path?: string;
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
  process?: { key: string; version: number } | null;
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

export const ROBOT_STATES = [
  'waiting',
  'waitingPrevious',
  'running',
  'done',
  'failed',
  'skipped',
  'canceled',
  'disabled',
] as const;
export type RobotState = (typeof ROBOT_STATES)[number];

/** What became of one robot for one record. */
export interface RobotOutcome {
  id: string;
  robot: string;
  name?: string;
  group?: string;
  state: RobotState;
  /** When it came to this. */
  at?: string;
  until?: string;
  /** The robot it waits for. */
  after?: string;
  reason?: string;
  /** What the condition saw. */
  values?: { name: string; value: string }[] | null;
  runId?: string;
  node?: string;
  incident?: { id: string; code: string; message: string } | null;
  canStop?: boolean;
}

export interface RecordAutomation {
  stage: string;
  stageName: string;
  enteredAt?: string;
  items: RobotOutcome[] | null;
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

export const keepAsProcess = (pipeline: string, stage: string, name: string) =>
  api.post<{ key: string; name: string }>(`${path(pipeline)}/stages/${encodeURIComponent(stage)}/process`, {
    name,
  });

const record = (type: string, id: string) => `/records/${type}/${encodeURIComponent(id)}/automation`;

export const recordAutomationQuery = (type: string, id: string) =>
  queryOptions({
    queryKey: ['record-automation', type, id],
    queryFn: ({ signal }) => api.get<RecordAutomation>(record(type, id), undefined, signal),
    // What waits for a time becomes done without anybody touching the record.
    refetchInterval: ({ state }) =>
      state.data?.items?.some((item) => ['waiting', 'waitingPrevious', 'running'].includes(item.state))
        ? 15_000
        : false,
  });

export const stopRobot = (type: string, id: string, robot: string) =>
  api.delete(`${record(type, id)}/${encodeURIComponent(robot)}`);
