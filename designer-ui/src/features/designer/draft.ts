import { type EntryLabel, History, type RunOptions } from '@/lib/history';
import { applyElementPatches, diffDocuments, type ElementPatch } from '@/lib/process/patches';
import { flatten } from '@/lib/process/scopes';
import type { ProcessDocument } from '@/lib/process/types';
import type { ServerFinding } from '@/lib/process/validate';

/** One field that two people changed differently. */
export interface Clash {
  readonly element: string;
  readonly path: readonly string[];
  readonly base: unknown;
  readonly mine: unknown;
  readonly theirs: unknown;
}

export type SaveResult =
  | {
      readonly kind: 'saved';
      readonly rev: number;
      readonly findings: readonly ServerFinding[];
      readonly draft?: ProcessDocument;
    }
  | {
      readonly kind: 'clash';
      readonly rev: number;
      readonly draft: ProcessDocument;
      readonly clashes: readonly Clash[];
    }
  | { readonly kind: 'offline' }
  | { readonly kind: 'refused'; readonly error: unknown };

export type SaveState =
  | { readonly kind: 'saved'; readonly at: number | undefined }
  | { readonly kind: 'unsaved' }
  | { readonly kind: 'saving' }
  | { readonly kind: 'offline'; readonly changes: number }
  | { readonly kind: 'refused'; readonly error: unknown }
  | { readonly kind: 'conflict'; readonly clashes: readonly Clash[] };

/** Where unsent changes wait while the server cannot be reached or the page is gone. */
export interface UnsentStore {
  load: () => readonly ElementPatch[] | undefined;
  keep: (patches: readonly ElementPatch[] | undefined) => void;
}

export interface DraftOptions {
  readonly document: ProcessDocument;
  readonly rev: number;
  readonly findings: readonly ServerFinding[];
  readonly send: (patches: readonly ElementPatch[], rev: number) => Promise<SaveResult>;
  readonly unsent: UnsentStore;
  readonly now?: () => number;
}

const QUIET_MS = 1500;
const RETRY_MS = [2000, 5000, 15_000, 30_000];

/** What a view of the draft shows; a new value after every change, so that React can compare it. */
export interface DraftView {
  readonly document: ProcessDocument;
  readonly save: SaveState;
  readonly findings: readonly ServerFinding[];
  readonly rev: number;
  readonly undo: EntryLabel | undefined;
  readonly redo: EntryLabel | undefined;
}

/**
 * The draft being edited: its history, and its saving 1.5 s after the last edit as patches by element and field. The
 * patches are the difference to what the server last acknowledged, so undo before saving sends nothing. The document is
 * kept in the flat form of `scopes.ts`; what is sent and received is nested.
 */
export class Draft {
  private readonly history: History<ProcessDocument>;
  private readonly options: DraftOptions;
  private readonly now: () => number;
  private base: ProcessDocument;
  private rev: number;
  private findings: readonly ServerFinding[];
  private save: SaveState;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending: Promise<void> | undefined;
  private failures = 0;
  private closed = false;
  private readonly listeners = new Set<() => void>();
  private shown: DraftView;

  constructor(options: DraftOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
    this.base = flatten(options.document);
    this.rev = options.rev;
    this.findings = options.findings;
    this.history = new History(this.base, { now: this.now });
    this.save = { kind: 'saved', at: undefined };
    this.shown = this.look();
    const unsent = options.unsent.load();
    if (unsent && unsent.length > 0) this.replay(unsent);
  }

  get view(): DraftView {
    return this.shown;
  }

  get document(): ProcessDocument {
    return this.history.current;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  run(label: EntryLabel, recipe: (draft: ProcessDocument) => void, options: RunOptions = {}): boolean {
    const changed = this.history.run(label, recipe as never, options);
    if (changed) this.edited();
    return changed;
  }

  undo() {
    const step = this.history.undo();
    if (step) this.edited();
    return step;
  }

  redo() {
    const step = this.history.redo();
    if (step) this.edited();
    return step;
  }

  /** Ends a burst of typing, e.g. when the field loses the focus. */
  seal(): void {
    this.history.seal();
  }

  /** Sends what is unsent now; resolves when the server has answered. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (this.sending) await this.sending;
    if (this.save.kind === 'conflict') return;
    const patches = this.pending();
    if (patches.length === 0) {
      this.options.unsent.keep(undefined);
      if (this.save.kind !== 'saved') this.settle({ kind: 'saved', at: this.now() });
      return;
    }
    const sent = this.history.current;
    this.settle({ kind: 'saving' });
    this.sending = this.options.send(patches, this.rev).then(
      (result) => this.answered(sent, result),
      (error: unknown) => this.answered(sent, { kind: 'refused', error }),
    );
    await this.sending;
    this.sending = undefined;
  }

  /** Decides every clash and goes on saving. */
  resolve(mine: (clash: Clash) => boolean): void {
    const save = this.save;
    if (save.kind !== 'conflict') return;
    const taken = save.clashes.filter((clash) => !mine(clash));
    this.run({ key: 'history.takeTheirs' }, (draft) => {
      applyElementPatches(
        draft,
        taken.map(({ element, path, mine: before, theirs }) => ({
          element,
          path,
          before,
          after: theirs ?? null,
        })),
      );
    });
    this.settle({ kind: 'unsaved' });
    void this.flush();
  }

  /** Loads another state, e.g. a restored version. Unsent edits are dropped. */
  load(document: ProcessDocument, rev: number, findings: readonly ServerFinding[]): void {
    clearTimeout(this.timer);
    this.base = flatten(document);
    this.rev = rev;
    this.findings = findings;
    this.history.reset(this.base);
    this.options.unsent.keep(undefined);
    this.settle({ kind: 'saved', at: this.now() });
  }

  /** Ends the timers; unsent changes stay kept for the next visit. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  open(): void {
    this.closed = false;
  }

  private pending(): ElementPatch[] {
    return diffDocuments(this.base, this.history.current);
  }

  private replay(patches: readonly ElementPatch[]): void {
    this.history.run({ key: 'history.replayed' }, (draft) =>
      applyElementPatches(draft as ProcessDocument, patches),
    );
    if (this.pending().length > 0) this.edited();
    else this.options.unsent.keep(undefined);
  }

  private edited(): void {
    const patches = this.pending();
    this.options.unsent.keep(patches.length > 0 ? patches : undefined);
    if (this.save.kind === 'saving' || this.save.kind === 'conflict') {
      this.tell();
      return;
    }
    this.settle({ kind: 'unsaved' });
    this.later(QUIET_MS);
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => void this.flush(), ms);
  }

  private answered(sent: ProcessDocument, result: SaveResult): void {
    switch (result.kind) {
      case 'saved': {
        this.failures = 0;
        this.rev = result.rev;
        this.findings = result.findings;
        const local = diffDocuments(sent, this.history.current);
        if (result.draft) this.rebase(result.draft, local);
        else this.base = sent;
        if (this.pending().length === 0) {
          this.options.unsent.keep(undefined);
          this.settle({ kind: 'saved', at: this.now() });
        } else {
          this.settle({ kind: 'unsaved' });
          this.later(QUIET_MS);
        }
        return;
      }
      case 'clash': {
        this.rev = result.rev;
        const local = diffDocuments(this.base, this.history.current);
        this.rebase(result.draft, local);
        this.settle({ kind: 'conflict', clashes: result.clashes });
        return;
      }
      case 'offline': {
        this.settle({ kind: 'offline', changes: this.pending().length });
        this.later(RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)] as number);
        return;
      }
      case 'refused':
        this.settle({ kind: 'refused', error: result.error });
        return;
    }
  }

  /** Takes over what others changed. History entries speak of the old document, so it starts anew. */
  private rebase(draft: ProcessDocument, local: readonly ElementPatch[]): void {
    this.base = flatten(draft);
    this.history.reset(this.base);
    if (local.length === 0) return;
    this.history.run({ key: 'history.replayed' }, (current) =>
      applyElementPatches(current as ProcessDocument, local),
    );
  }

  private settle(save: SaveState): void {
    this.save = save;
    this.tell();
  }

  private tell(): void {
    this.shown = this.look();
    for (const listener of this.listeners) listener();
  }

  private look(): DraftView {
    return {
      document: this.history.current,
      save: this.save,
      findings: this.findings,
      rev: this.rev,
      undo: this.history.undoLabel,
      redo: this.history.redoLabel,
    };
  }
}
