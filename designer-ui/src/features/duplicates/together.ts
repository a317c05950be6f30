type Found = { records: { id: string }[] | null };
export type Together<G extends Found> = { id: string; groups: G[]; records: NonNullable<G['records']> };

/** The same records once, with everything in which they agree, in the order in which they were found. */
export function together<G extends Found>(found: readonly G[]): Together<G>[] {
  const sets = new Map<string, Together<G>>();
  for (const group of found) {
    const records = group.records ?? [];
    const id = records
      .map((record) => record.id)
      .sort()
      .join(' ');
    const known = sets.get(id);
    if (known) known.groups.push(group);
    else sets.set(id, { id, groups: [group], records });
  }
  return [...sets.values()];
}
