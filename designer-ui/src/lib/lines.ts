/** Line differences of two texts. */

export interface Line {
  readonly kind: 'same' | 'added' | 'removed' | 'gap';
  readonly text: string;
  /** Number of the line in the older and the newer text; of a gap: how many lines it stands for. */
  readonly before?: number;
  readonly after?: number;
  readonly count?: number;
}

/** How many edits are looked for before the rest counts as replaced: the search grows with their square. */
const MOST_EDITS = 4000;

/** The shortest way from one list of lines to the other (Myers), after what both begin and end with. */
function edits(
  a: readonly string[],
  b: readonly string[],
): { kind: 'same' | 'added' | 'removed'; text: string }[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  ) {
    end++;
  }
  const x = a.slice(start, a.length - end);
  const y = b.slice(start, b.length - end);
  const same = (lines: readonly string[]) => lines.map((text) => ({ kind: 'same' as const, text }));
  return [...same(a.slice(0, start)), ...middle(x, y), ...same(a.slice(a.length - end))];
}

function middle(
  x: readonly string[],
  y: readonly string[],
): { kind: 'same' | 'added' | 'removed'; text: string }[] {
  const replaced = [
    ...x.map((text) => ({ kind: 'removed' as const, text })),
    ...y.map((text) => ({ kind: 'added' as const, text })),
  ];
  if (x.length === 0 || y.length === 0) return replaced;
  const trail: Map<number, number>[] = [];
  const best = new Map<number, number>([[1, 0]]);
  const at = (k: number): number => best.get(k) ?? -1;
  for (let d = 0; d <= Math.min(x.length + y.length, MOST_EDITS); d++) {
    trail.push(new Map(best));
    for (let k = -d; k <= d; k += 2) {
      let i = k === -d || (k !== d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
      while (i < x.length && i - k < y.length && x[i] === y[i - k]) i++;
      best.set(k, i);
      if (i >= x.length && i - k >= y.length) return walkBack(x, y, trail);
    }
  }
  return replaced;
}

function walkBack(x: readonly string[], y: readonly string[], trail: readonly Map<number, number>[]) {
  const found: { kind: 'same' | 'added' | 'removed'; text: string }[] = [];
  let i = x.length;
  let j = y.length;
  for (let d = trail.length - 1; d >= 0; d--) {
    const best = trail[d] as Map<number, number>;
    const k = i - j;
    const down = k === -d || (k !== d && (best.get(k - 1) ?? -1) < (best.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const fromI = best.get(from) ?? 0;
    const fromJ = fromI - from;
    while (i > fromI && j > fromJ) {
      i--;
      j--;
      found.push({ kind: 'same', text: x[i] as string });
    }
    if (d === 0) break;
    if (down) {
      j--;
      found.push({ kind: 'added', text: y[j] as string });
    } else {
      i--;
      found.push({ kind: 'removed', text: x[i] as string });
    }
  }
  return found.reverse();
}

/** Changed lines with a few around them; what lies between is one gap. */
export function diffLines(before: string, after: string, around = 3): Line[] {
  let a = 0;
  let b = 0;
  const all = edits(before.split('\n'), after.split('\n')).map((edit): Line => {
    if (edit.kind !== 'added') a++;
    if (edit.kind !== 'removed') b++;
    return {
      ...edit,
      ...(edit.kind === 'added' ? {} : { before: a }),
      ...(edit.kind === 'removed' ? {} : { after: b }),
    };
  });
  const near = all.map(() => false);
  all.forEach((line, i) => {
    if (line.kind === 'same') return;
    for (let j = Math.max(0, i - around); j <= Math.min(all.length - 1, i + around); j++) near[j] = true;
  });
  const shown: Line[] = [];
  all.forEach((line, i) => {
    const last = shown.at(-1);
    if (near[i]) shown.push(line);
    else if (last?.kind === 'gap') shown[shown.length - 1] = { ...last, count: (last.count ?? 0) + 1 };
    else shown.push({ kind: 'gap', text: '', count: 1 });
  });
  return shown.every(({ kind }) => kind === 'gap') ? [] : shown;
}

/** A value as text with its members in the order of their names, so that equal values have equal texts. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, inner) => sorted(inner), 2);
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
}
