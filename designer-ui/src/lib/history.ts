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

interface Entry {
  readonly label: EntryLabel;
  readonly patches: readonly Patch[];
  readonly inverse: readonly Patch[];
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
  private past: Entry[] = [];
  private future: Entry[] = [];
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
    const merges =
      !this.sealed &&
      options.merge !== undefined &&
      last?.merge === options.merge &&
      at - last.at <= this.mergeWindowMs;
    const entry: Entry = {
      label,
      patches: merges ? [...last.patches, ...patches] : patches,
      inverse: merges ? [...inverse, ...last.inverse] : inverse,
      merge: options.merge,
      focus: options.focus ?? [],
      at,
    };
    if (merges) this.past[this.past.length - 1] = entry;
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
    return this.replay(entry, entry.inverse);
  }

  redo(): HistoryStep | undefined {
    const entry = this.future.pop();
    if (!entry) return undefined;
    this.past.push(entry);
    return this.replay(entry, entry.patches);
  }

  /** Loads another document, e.g. another version: its history starts empty. */
  reset(document: T): void {
    this.state = document;
    this.past = [];
    this.future = [];
    this.sealed = true;
    this.emit();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private replay(entry: Entry, patches: readonly Patch[]): HistoryStep {
    this.sealed = true;
    this.state = applyPatches(this.state, patches as Patch[]);
    this.emit();
    return { label: entry.label, focus: entry.focus };
  }

  private emit(): void {
    for (const listener of this.listeners) listener();
  }
}
