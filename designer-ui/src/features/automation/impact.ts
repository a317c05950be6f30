import { isExpr } from '@/lib/process/types';
import type { Robot, Rules, Trigger } from './api';
import type { Entry } from './rules';

/** One way in which a rule brings records from stage to stage. */
export interface Move {
  readonly id: string;
  readonly entry: Entry;
  /** The stage of a robot; undefined: a trigger takes them from any stage before its own. */
  readonly from: string | undefined;
  readonly to: string;
  /** It is part of a circle: records could go round by themselves. */
  readonly loop: boolean;
}

export interface FieldUse {
  readonly field: string;
  readonly changes: readonly Placed[];
  readonly reads: readonly Placed[];
}

export interface Placed {
  readonly entry: Entry;
  readonly stage: string;
}

export interface Impact {
  readonly moves: readonly Move[];
  readonly fields: readonly FieldUse[];
  /** Stages that a record can leave and reach again without anybody's doing. */
  readonly looping: ReadonlySet<string>;
  /** Rules whose target is computed while they run: where they lead is not known here. */
  readonly unknown: readonly Placed[];
}

const MOVERS = new Set(['record.setStage', 'record.move']);

const FIELD = /\brecord\??\.([A-Za-z_]\w*)/g;

/** Fields of the record that a value mentions, in expressions and in texts. */
function mentions(value: unknown, into: Set<string> = new Set()): Set<string> {
  if (typeof value === 'string') for (const [, name] of value.matchAll(FIELD)) into.add(name as string);
  else if (Array.isArray(value)) for (const item of value) mentions(item, into);
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) mentions(item, into);
  return into;
}

function changed(robot: Robot): string[] {
  if (robot.robot === 'record.setResponsible') return ['responsible'];
  if (robot.robot !== 'record.setFields' || !Array.isArray(robot.config.fields)) return [];
  return robot.config.fields.flatMap((entry: { field?: unknown }) =>
    typeof entry?.field === 'string' ? [entry.field] : [],
  );
}

/** Fields whose change makes a trigger act; undefined: any field. */
function watched(trigger: Trigger): string[] | undefined {
  if (trigger.type === 'responsibleChanged') return ['responsible'];
  if (trigger.type !== 'fieldsChanged') return [];
  return Array.isArray(trigger.config.fields) && trigger.config.fields.length > 0
    ? trigger.config.fields.map(String)
    : undefined;
}

/** Which stages can reach which by the given edges. */
function reachable(
  edges: readonly (readonly [string, string])[],
  stages: readonly string[],
): Map<string, Set<string>> {
  const reach = new Map(stages.map((stage) => [stage, new Set<string>()]));
  for (const start of stages) {
    const found = reach.get(start) as Set<string>;
    const queue = [start];
    for (let at = queue.shift(); at !== undefined; at = queue.shift())
      for (const [from, to] of edges)
        if (from === at && !found.has(to)) {
          found.add(to);
          queue.push(to);
        }
  }
  return reach;
}

/** What all rules of a pipeline do to records, to stages and to each other. Rules that are off do nothing. */
export function impactOf(rules: Rules): Impact {
  const stages = rules.stages.map(({ stage }) => stage);
  const found: { id: string; entry: Entry; from: string | undefined; to: string }[] = [];
  const unknown: Placed[] = [];
  const uses = new Map<string, { changes: Placed[]; reads: Placed[] }>();
  const use = (field: string) => {
    const known = uses.get(field) ?? { changes: [], reads: [] };
    uses.set(field, known);
    return known;
  };
  /** What a robot's change of a field sets off: it stands on a stage, the trigger brings the record to another. */
  const chained: [string, string][] = [];
  const triggers = rules.stages.flatMap(({ stage, triggers: own }) =>
    own.filter(({ disabled }) => !disabled).map((trigger) => ({ stage, trigger })),
  );
  for (const { stage, robots } of rules.stages) {
    for (const robot of robots.filter(({ disabled }) => !disabled)) {
      const place = { entry: robot, stage };
      if (MOVERS.has(robot.robot)) {
        const to = robot.config.stage;
        if (typeof to === 'string' && stages.includes(to)) {
          if (to !== stage) found.push({ id: robot.id, entry: robot, from: stage, to });
        } else if (isExpr(to)) unknown.push(place);
      }
      for (const field of changed(robot)) {
        use(field).changes.push(place);
        for (const { stage: target, trigger } of triggers) {
          const fields = watched(trigger);
          const forward = stages.indexOf(target) > stages.indexOf(stage) || trigger.allowBack === true;
          const acts = fields === undefined || fields.includes(field);
          if (acts && forward && target !== stage && trigger.config.byProcesses === true)
            chained.push([stage, target]);
        }
      }
      for (const field of mentions([
        robot.config,
        robot.when,
        robot.timing.field && `record.${robot.timing.field}`,
      ]))
        use(field).reads.push(place);
    }
  }
  for (const { stage, trigger } of triggers) {
    const place = { entry: trigger, stage };
    found.push({ id: trigger.id, entry: trigger, from: undefined, to: stage });
    for (const field of new Set([...mentions([trigger.config, trigger.when]), ...(watched(trigger) ?? [])]))
      use(field).reads.push(place);
  }
  const edges: [string, string][] = [
    ...found.flatMap(({ from, to }): [string, string][] => (from === undefined ? [] : [[from, to]])),
    ...chained,
  ];
  const reach = reachable(edges, stages);
  const looping = new Set(stages.filter((stage) => reach.get(stage)?.has(stage)));
  return {
    moves: found.map((move) => ({
      ...move,
      loop: move.from !== undefined && (reach.get(move.to)?.has(move.from) ?? false),
    })),
    fields: [...uses]
      .map(([field, { changes, reads }]) => ({ field, changes, reads }))
      .sort((a, b) => b.changes.length - a.changes.length || a.field.localeCompare(b.field)),
    looping,
    unknown,
  };
}
