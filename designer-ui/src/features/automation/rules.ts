import { randomId } from '@/lib/ids';
import type { Robot, Rules, StageRules, StoredStage, Trigger } from './api';

export type Part = 'robots' | 'triggers';
export type Entry = Robot | Trigger;

/** Where an entry stands. */
export interface Place {
  readonly stage: string;
  readonly part: Part;
  readonly at: number;
}

export const isRobot = (entry: Entry): entry is Robot => 'robot' in entry;

/** The rules as they are edited, one stage per stage of the pipeline, without what the server adds. */
export function rulesOf(stages: readonly StoredStage[], order: readonly string[]): Rules {
  const stored = new Map(stages.map((stage) => [stage.stage, stage]));
  return {
    stages: order.map((stage) => ({
      stage,
      robots: (stored.get(stage)?.robots ?? []).map((robot) => ({ ...robot, config: robot.config ?? {} })),
      triggers: (stored.get(stage)?.triggers ?? []).map((trigger) => ({
        ...trigger,
        config: trigger.config ?? {},
      })),
    })),
  };
}

export function findEntry(rules: Rules, id: string): (Place & { entry: Entry }) | undefined {
  for (const stage of rules.stages) {
    for (const part of ['robots', 'triggers'] as const) {
      const at = stage[part].findIndex((entry) => entry.id === id);
      if (at >= 0) return { stage: stage.stage, part, at, entry: stage[part][at] as Entry };
    }
  }
  return undefined;
}

const stageOf = (rules: Rules, stage: string): StageRules | undefined =>
  rules.stages.find((candidate) => candidate.stage === stage);

const listOf = (rules: Rules, stage: string, part: Part): Entry[] | undefined =>
  stageOf(rules, stage)?.[part];

export const newRobotId = (): string => `r${randomId(8)}`;
export const newTriggerId = (): string => `t${randomId(8)}`;

/** A robot as the gallery makes it: what follows others waits for them by default only when somebody says so. */
export function newRobot(robot: string, config: Record<string, unknown> = {}): Robot {
  return { id: newRobotId(), robot, config, timing: { mode: 'immediate' } };
}

export function newTrigger(type: string): Trigger {
  return { id: newTriggerId(), type, config: {} };
}

/** Puts an entry at a place of a stage, at the end without one. */
export function insertEntry(rules: Rules, stage: string, entry: Entry, at?: number): void {
  const list = listOf(rules, stage, isRobot(entry) ? 'robots' : 'triggers');
  list?.splice(at ?? list.length, 0, entry);
}

export function removeEntry(rules: Rules, id: string): Entry | undefined {
  const place = findEntry(rules, id);
  if (!place) return undefined;
  return listOf(rules, place.stage, place.part)?.splice(place.at, 1)[0];
}

/** Moves an entry to a stage; `at` counts places as they are before the move. */
export function moveEntry(rules: Rules, id: string, stage: string, at?: number): void {
  const place = findEntry(rules, id);
  const target = place && listOf(rules, stage, place.part);
  if (!place || !target) return;
  const shift = place.stage === stage && at !== undefined && place.at < at ? 1 : 0;
  const to = at === undefined ? target.length - (place.stage === stage ? 1 : 0) : at - shift;
  if (place.stage === stage && place.at === to) return;
  const entry = removeEntry(rules, id);
  if (entry) insertEntry(rules, stage, entry, to);
}

/** A copy under an id of its own; what reads results of the original goes on to. */
export function copyOf(entry: Entry): Entry {
  const copy = structuredClone(entry);
  copy.id = isRobot(entry) ? newRobotId() : newTriggerId();
  return copy;
}

/** The robot whose end a robot waits for: the one above it that is not switched off. */
export function previousOf(robots: readonly Robot[], id: string): Robot | undefined {
  const at = robots.findIndex((robot) => robot.id === id);
  if (at < 0 || robots[at]?.timing.mode !== 'afterPrevious') return undefined;
  return robots.slice(0, at).findLast((robot) => !robot.disabled);
}

/** The robots whose results a robot can read: those it waits for, the first of them first. */
export function chainBefore(robots: readonly Robot[], id: string): Robot[] {
  const previous = previousOf(robots, id);
  return previous ? [...chainBefore(robots, previous.id), previous] : [];
}

/** Names of groups on the board, in the order in which they appear. */
export function groupsOf(rules: Rules): string[] {
  const names = rules.stages.flatMap((stage) => stage.robots.map((robot) => robot.group ?? ''));
  return [...new Set(names)].filter((name) => name !== '');
}

export const countOf = (rules: Rules): number =>
  rules.stages.reduce((sum, stage) => sum + stage.robots.length + stage.triggers.length, 0);
