import type { Rules } from './api';
import { fieldsOf, movedBetween, placesOf, same } from './changes';
import { type Entry, insertEntry, moveEntry, removeEntry } from './rules';

/** Two people decided differently about the same thing. */
export interface Clash {
  readonly id: string;
  /** `config.text`, `timing`, `stage`; undefined: one changed what the other removed. */
  readonly field: string | undefined;
  readonly stage: string;
  readonly entry: Entry;
  /** Values of the field; of a whole entry, whether it is there. */
  readonly base: unknown;
  readonly mine: unknown;
  readonly theirs: unknown;
}

export type Side = 'mine' | 'theirs';
export const clashKey = (clash: Pick<Clash, 'id' | 'field'>): string => `${clash.id} ${clash.field ?? ''}`;

export interface Merged {
  readonly rules: Rules;
  readonly clashes: readonly Clash[];
}

function setField(entry: Entry, name: string, value: unknown): void {
  const target = (name.startsWith('config.') ? entry.config : entry) as unknown as Record<string, unknown>;
  const key = name.startsWith('config.') ? name.slice('config.'.length) : name;
  if (value === undefined) delete target[key];
  else target[key] = structuredClone(value);
}

/**
 * Mine and theirs in one: by stage, robot and field. What only one of the two changed is taken; where both changed the
 * same, `decide` chooses, and the clash is told.
 */
export function merge(
  base: Rules,
  mine: Rules,
  theirs: Rules,
  decide: (clash: Clash) => Side = () => 'mine',
): Merged {
  const rules = structuredClone(theirs);
  const clashes: Clash[] = [];
  const settle = (clash: Clash): Side => {
    clashes.push(clash);
    return decide(clash);
  };
  const [b, m, t] = [placesOf(base), placesOf(mine), placesOf(theirs)];

  // What I removed.
  for (const [id, was] of b) {
    const kept = t.get(id);
    if (m.has(id) || !kept) continue;
    const clash = { id, field: undefined, stage: kept.stage, entry: kept.entry };
    if (same(was.entry, kept.entry) || settle({ ...clash, base: true, mine: false, theirs: true }) === 'mine')
      removeEntry(rules, id);
  }

  // What I added, or changed while they removed it; then field by field.
  const fresh = new Set<string>();
  for (const [id, own] of m) {
    const was = b.get(id);
    const other = t.get(id);
    if (!other) {
      if (was) {
        if (same(was.entry, own.entry)) continue;
        const clash = { id, field: undefined, stage: own.stage, entry: own.entry };
        if (settle({ ...clash, base: true, mine: true, theirs: false }) === 'theirs') continue;
      }
      insertEntry(rules, own.stage, structuredClone(own.entry));
      fresh.add(id);
      continue;
    }
    const [bf, mf, tf] = [was ? fieldsOf(was.entry) : new Map(), fieldsOf(own.entry), fieldsOf(other.entry)];
    for (const field of new Set([...bf.keys(), ...mf.keys(), ...tf.keys()])) {
      const [x, y, z] = [bf.get(field), mf.get(field), tf.get(field)];
      if (same(x, y) || same(y, z)) continue;
      const clash = { id, field, stage: other.stage, entry: other.entry, base: x, mine: y, theirs: z };
      if (!same(x, z) && settle(clash) === 'theirs') continue;
      const place = placesOf(rules).get(id);
      if (place) setField(place.entry, field, y);
    }
  }

  // Where things stand: mine where I moved them, theirs otherwise.
  const byMe = movedBetween(base, mine);
  for (const { stage, ...lists } of mine.stages) {
    for (const part of ['triggers', 'robots'] as const) {
      for (const [at, { id }] of lists[part].entries()) {
        if (!fresh.has(id) && !byMe.has(id)) continue;
        const now = placesOf(rules).get(id);
        if (!now) continue;
        const [was, other] = [b.get(id), t.get(id)];
        if (was && other && other.stage !== was.stage && other.stage !== stage) {
          const clash = { id, field: 'stage', entry: other.entry, stage: other.stage };
          if (settle({ ...clash, base: was.stage, mine: stage, theirs: other.stage }) === 'theirs') continue;
        }
        // Behind what it stands behind in mine, as far as that is still there.
        const above = lists[part].slice(0, at).findLast((entry) => {
          const place = placesOf(rules).get(entry.id);
          return place?.stage === stage;
        });
        const behind = above ? (placesOf(rules).get(above.id)?.at ?? -1) + 1 : 0;
        moveEntry(rules, id, stage, behind);
      }
    }
  }
  return { rules, clashes };
}
