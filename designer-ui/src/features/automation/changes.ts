import type { Rules } from './api';
import { type Entry, isRobot, type Part, type Place } from './rules';

export interface Change {
  readonly kind: 'added' | 'removed' | 'changed' | 'moved';
  readonly id: string;
  readonly entry: Entry;
  readonly stage: string;
  /** The stage it came from, when that is another one. */
  readonly from?: string;
  /** Fields that differ. */
  readonly fields: readonly string[];
}

interface Placed extends Place {
  readonly entry: Entry;
}

const PARTS: readonly Part[] = ['triggers', 'robots'];

export function placesOf(rules: Rules): Map<string, Placed> {
  const places = new Map<string, Placed>();
  for (const { stage, ...lists } of rules.stages)
    for (const part of PARTS)
      for (const [at, entry] of lists[part].entries()) places.set(entry.id, { stage, part, at, entry });
  return places;
}

/** The same by content: the order of keys and what is undefined do not matter. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => same(left[key], right[key]));
}

/** Fields of an entry one by one, those of its settings as `config.<name>`. */
export function fieldsOf(entry: Entry): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(entry)) {
    if (name === 'id' || value === undefined) continue;
    if (name !== 'config') fields.set(name, value);
    else for (const [key, inner] of Object.entries(value as object)) fields.set(`config.${key}`, inner);
  }
  return fields;
}

export function differences(a: Entry, b: Entry): string[] {
  const [before, after] = [fieldsOf(a), fieldsOf(b)];
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => !same(before.get(name), after.get(name)),
  );
}

/** The longest run of ids that stand in the same order in both lists: all others have been moved. */
function inOrder(a: readonly string[], b: readonly string[]): Set<string> {
  const rank = new Map(b.map((id, at) => [id, at]));
  const best: { length: number; last: number }[] = [];
  for (const [at, id] of a.entries()) {
    const own = rank.get(id) ?? -1;
    let found = { length: 1, last: -1 };
    for (let i = 0; i < at; i++) {
      const other = best[i] as { length: number; last: number };
      const before = rank.get(a[i] as string) ?? -1;
      if (before < own && other.length >= found.length) found = { length: other.length + 1, last: i };
    }
    best.push(found);
  }
  let at = best.reduce((top, { length }, i) => (length > (best[top]?.length ?? 0) ? i : top), 0);
  const kept = new Set<string>();
  while (at >= 0 && a[at] !== undefined) {
    kept.add(a[at] as string);
    at = best[at]?.last ?? -1;
  }
  return kept;
}

/** Ids that stand elsewhere: in another stage, or in another order among those that stayed. */
export function movedBetween(base: Rules, next: Rules): Set<string> {
  const [before, after] = [placesOf(base), placesOf(next)];
  const moved = new Set<string>();
  for (const [id, place] of after) {
    const old = before.get(id);
    if (old && old.stage !== place.stage) moved.add(id);
  }
  for (const { stage, ...lists } of next.stages) {
    const old = base.stages.find((candidate) => candidate.stage === stage);
    for (const part of PARTS) {
      const stayed = lists[part]
        .map(({ id }) => id)
        .filter((id) => before.get(id)?.stage === stage && before.get(id)?.part === part);
      const was = (old?.[part] ?? []).map(({ id }) => id).filter((id) => stayed.includes(id));
      const kept = inOrder(was, stayed);
      for (const id of stayed) if (!kept.has(id)) moved.add(id);
    }
  }
  return moved;
}

/** What turns one state of the rules into another, stage by stage. */
export function changesBetween(base: Rules, next: Rules): Change[] {
  const [before, after] = [placesOf(base), placesOf(next)];
  const moved = movedBetween(base, next);
  const changes: Change[] = [];
  for (const [id, { stage, entry }] of after) {
    const old = before.get(id);
    if (!old) changes.push({ kind: 'added', id, entry, stage, fields: [] });
    else {
      const fields = differences(old.entry, entry);
      const from = old.stage === stage ? {} : { from: old.stage };
      if (fields.length > 0) changes.push({ kind: 'changed', id, entry, stage, fields, ...from });
      else if (moved.has(id)) changes.push({ kind: 'moved', id, entry, stage, fields: [], ...from });
    }
  }
  for (const [id, { stage, entry }] of before)
    if (!after.has(id)) changes.push({ kind: 'removed', id, entry, stage, fields: [] });
  const order = next.stages.map(({ stage }) => stage);
  return changes.sort((a, b) => order.indexOf(a.stage) - order.indexOf(b.stage));
}

export { isRobot };
