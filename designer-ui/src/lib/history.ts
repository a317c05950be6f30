import { applyPatches, type Draft, enablePatches, type Patch, produceWithPatches } from 'immer';

enablePatches();

/** What an entry is called in menus and toasts: a message key of the `designer` namespace with its values. */
export interface EntryLabel {
  readonly key: string;
  readonly values?: Readonly<Record<string, string | number>>;
}

export interface RunOptions {
  /** Entries with the same key within the merge window become one, e.g. `rename:approve` while typing. */
  readonly merge?: string;
  /** Elements that the edit touches: undo shows and selects them. */
  readonly focus?: readonly string[];
}

/** How an entry turns one state into another: recorded as patches, or worked out from two states after a rebase. */
type Step<T> = readonly Patch[] | ((state: T) => T);

interface Entry<T> {
  readonly label: EntryLabel;
  readonly forward: Step<T>;
  readonly back: Step<T>;
  readonly merge: string | undefined;
  readonly focus: readonly string[];
  readonly at: number;
}

export interface HistoryOptions {
  readonly limit?: number;
  readonly mergeWindowMs?: number;
  readonly now?: () => number;
}

export interface HistoryStep {
  readonly label: EntryLabel;
  readonly focus: readonly string[];
}

/**
 * Undo and redo of an immutable document by Immer patches. The document is changed by `run` only; every run that
 * changes something is one entry with a label. Selection, viewport and run status do not belong here.
 */
export class History<T extends object> {
  private state: T;
  private past: Entry<T>[] = [];
  private future: Entry<T>[] = [];
  private sealed = true;
  private readonly limit: number;
  private readonly mergeWindowMs: number;
  private readonly now: () => number;
  private readonly listeners = new Set<() => void>();

  constructor(initial: T, options: HistoryOptions = {}) {
    this.state = initial;
    this.limit = options.limit ?? 200;
    this.mergeWindowMs = options.mergeWindowMs ?? 800;
    this.now = options.now ?? Date.now;
  }

  get current(): T {
    return this.state;
  }

  get undoLabel(): EntryLabel | undefined {
    return this.past.at(-1)?.label;
  }

  get redoLabel(): EntryLabel | undefined {
    return this.future.at(-1)?.label;
  }

  get size(): number {
    return this.past.length;
  }

  /** Applies `recipe`; says whether anything changed. A run that changes nothing leaves no entry and keeps redo. */
  run(label: EntryLabel, recipe: (draft: Draft<T>) => void, options: RunOptions = {}): boolean {
    const [next, patches, inverse] = produceWithPatches(this.state, (draft: Draft<T>) => {
      recipe(draft);
    });
    if (patches.length === 0) return false;
    const at = this.now();
    const last = this.past.at(-1);
    const merged =
      !this.sealed &&
      options.merge !== undefined &&
      last?.merge === options.merge &&
      at - last.at <= this.mergeWindowMs &&
      typeof last.forward !== 'function' &&
      typeof last.back !== 'function'
        ? { forward: last.forward, back: last.back }
        : undefined;
    const entry: Entry<T> = {
      label,
      forward: merged ? [...merged.forward, ...patches] : patches,
      back: merged ? [...inverse, ...merged.back] : inverse,
      merge: options.merge,
      focus: options.focus ?? [],
      at,
    };
    if (merged) this.past[this.past.length - 1] = entry;
    else this.past.push(entry);
    if (this.past.length > this.limit) this.past.splice(0, this.past.length - this.limit);
    this.future = [];
    this.sealed = false;
    this.state = next as T;
    this.emit();
    return true;
  }

  /** Ends a burst: the next run starts an entry of its own, whatever its merge key. */
  seal(): void {
    this.sealed = true;
  }

  undo(): HistoryStep | undefined {
    const entry = this.past.pop();
    if (!entry) return undefined;
    this.future.push(entry);
    return this.replay(entry, entry.back);
  }

  redo(): HistoryStep | undefined {
    const entry = this.future.pop();
    if (!entry) return undefined;
    this.past.push(entry);
    return this.replay(entry, entry.forward);
  }

  /** Loads another document, e.g. another version: its history starts empty. */
  reset(document: T): void {
    this.state = document;
    this.past = [];
    this.future = [];
    this.sealed = true;
    this.emit();
  }

  /**
   * Goes on from a state into which changes of others were merged. Entries stay; each one now changes what differs between
   * the two states it was made between, as `carry` says, so that undo takes back nothing of the others.
   */
  rebase(state: T, carry: (from: T, to: T) => (state: T) => T): void {
    const between = (from: T, to: T) => ({ forward: carry(from, to), back: carry(to, from) });
    let at = this.state;
    for (let i = this.past.length - 1; i >= 0; i--) {
      const entry = this.past[i] as Entry<T>;
      // Those before it were carried over by the same rebase.
      if (typeof entry.back === 'function') break;
      const before = stepped(at, entry.back);
      this.past[i] = { ...entry, ...between(before, at) };
      at = before;
    }
    at = this.state;
    for (let i = this.future.length - 1; i >= 0; i--) {
      const entry = this.future[i] as Entry<T>;
      const after = stepped(at, entry.forward);
      if (typeof entry.forward !== 'function') this.future[i] = { ...entry, ...between(at, after) };
      at = after;
    }
    this.sealed = true;
    this.state = state;
    this.emit();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private replay(entry: Entry<T>, step: Step<T>): HistoryStep {
    this.sealed = true;
    this.state = stepped(this.state, step);
    this.emit();
    return { label: entry.label, focus: entry.focus };
  }

  private emit(): void {
    for (const listener of this.listeners) listener();
  }
}

function stepped<T extends object>(state: T, step: Step<T>): T {
  return typeof step === 'function' ? step(state) : applyPatches(state, step as Patch[]);
}
