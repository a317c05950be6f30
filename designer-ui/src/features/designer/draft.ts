import { produce } from 'immer';
import { type EntryLabel, History, type RunOptions } from '@/lib/history';
import {
  applyElementPatches,
  applyOwnPatches,
  clashing,
  diffDocuments,
  type ElementPatch,
  equal,
  restoreElement,
  valueAt,
} from '@/lib/process/patches';
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

/** What somebody decided about a clash: one of the two values, or another one. */
export type Choice = { readonly keep: 'mine' | 'theirs' } | { readonly value: unknown };

/** The draft as the server has it now. */
export interface Saved {
  readonly document: ProcessDocument;
  readonly rev: number;
  readonly findings: readonly ServerFinding[];
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
  load: () => Unsent | undefined;
  keep: (unsent: Unsent | undefined) => void;
}

/** Changes that the server has not seen, and the state of the draft that they were made on. */
export interface Unsent {
  readonly rev: number;
  readonly patches: readonly ElementPatch[];
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
/** Who goes on drawing without a pause is saved after this. */
const PATIENCE_MS = 5000;
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
 * The draft being edited: its history, and its saving 1.5 s after the last edit, five after the first, as patches by element and field. The
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
  private unsavedSince: number | undefined;
  private failures = 0;
  private closed = false;
  /** My document before what others deleted was taken out of it; only while there is a clash. */
  private before: ProcessDocument | undefined;
  private heard = 0;
  private following = false;
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
    if (unsent && unsent.patches.length > 0) this.replay(unsent.patches);
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
    this.unsavedSince = undefined;
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
  resolve(choose: (clash: Clash) => Choice): void {
    const save = this.save;
    if (save.kind !== 'conflict') return;
    this.decide(save.clashes, choose);
    this.before = undefined;
    this.settle({ kind: 'unsaved' });
    void this.flush();
  }

  private decide(clashes: readonly Clash[], choose: (clash: Clash) => Choice): void {
    const mine = this.before;
    this.history.run({ key: 'history.resolved' }, (draft) => {
      for (const clash of clashes) {
        const choice = choose(clash);
        const value = 'value' in choice ? choice.value : clash[choice.keep];
        const { element, path } = clash;
        const gone =
          path.length > 0 && element !== 'meta' && valueAt(this.base, { element, path: [] }) === null;
        if (gone && !('keep' in choice && choice.keep === 'theirs')) {
          if (mine) restoreElement(draft as ProcessDocument, mine, element);
        } else if (gone) continue;
        applyElementPatches(draft as ProcessDocument, [
          { element, path, before: clash.mine, after: value ?? null },
        ]);
      }
    });
  }

  /**
   * Others have saved the draft as `rev`: takes over what they changed, beside what is unsent here. What meets in one place
   * is left to the next save, which tells the clash.
   */
  async follow(rev: number, load: () => Promise<Saved>): Promise<void> {
    this.heard = Math.max(this.heard, rev);
    if (this.following) return;
    this.following = true;
    try {
      while (this.heard > this.rev && !this.closed && this.save.kind !== 'conflict') {
        // The answer to an own save may be on its way, and tell the same.
        if (this.sending) {
          await this.sending;
          continue;
        }
        const theirs = await load();
        if (this.sending || theirs.rev <= this.rev) {
          if (theirs.rev < this.heard && !this.sending) return;
          continue;
        }
        if (!this.merge(theirs)) {
          await this.flush();
          return;
        }
      }
    } catch {
      // Nothing is lost by not knowing: the next save merges, and the next event asks again.
    } finally {
      this.following = false;
    }
  }

  private merge(theirs: Saved): boolean {
    if (this.save.kind === 'conflict') return true;
    if (clashing(this.pending(), diffDocuments(this.base, flatten(theirs.document)))) return false;
    this.rev = theirs.rev;
    this.findings = theirs.findings;
    this.rebase(this.base, theirs.document);
    this.keep();
    if (this.pending().length === 0) this.settle({ kind: 'saved', at: this.now() });
    else this.tell();
    return true;
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

  private keep(): void {
    const patches = this.pending();
    this.options.unsent.keep(patches.length > 0 ? { rev: this.rev, patches } : undefined);
  }

  /** Brings back what an earlier visit could not send; what others changed there meanwhile is a clash. */
  private replay(patches: readonly ElementPatch[]): void {
    const clashes = patches
      .map((patch) => ({ ...patch, theirs: valueAt(this.base, patch) }))
      .filter(({ before, after, theirs }) => !equal(theirs, before) && !equal(theirs, after))
      .map(({ element, path, before, after, theirs }) => ({
        element,
        path,
        base: before,
        mine: after,
        theirs,
      }));
    this.history.run({ key: 'history.replayed' }, (draft) =>
      applyElementPatches(draft as ProcessDocument, patches),
    );
    if (this.pending().length > 0) this.edited();
    else this.options.unsent.keep(undefined);
    const serious = clashes.filter((clash) => !placing(clash));
    if (serious.length > 0) {
      clearTimeout(this.timer);
      this.settle({ kind: 'conflict', clashes: serious });
    }
  }

  private edited(): void {
    this.keep();
    if (this.save.kind === 'saving' || this.save.kind === 'conflict') {
      this.tell();
      return;
    }
    this.settle({ kind: 'unsaved' });
    this.unsavedSince ??= this.now();
    this.later(Math.max(0, Math.min(QUIET_MS, this.unsavedSince + PATIENCE_MS - this.now())));
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
        if (result.draft) this.rebase(sent, result.draft);
        else this.base = sent;
        this.keep();
        if (this.pending().length === 0) {
          this.settle({ kind: 'saved', at: this.now() });
        } else {
          this.settle({ kind: 'unsaved' });
          this.later(QUIET_MS);
        }
        return;
      }
      case 'clash': {
        this.rev = result.rev;
        this.before = this.history.current;
        this.rebase(this.base, result.draft);
        const serious = result.clashes.filter((clash) => !placing(clash));
        const nodes = new Set(this.base.nodes.map(({ id }) => id));
        // Where something stands is decided by who moved it last; what is gone stands nowhere.
        this.decide(result.clashes.filter(placing), ({ element }) => ({
          keep: nodes.has(element.slice('layout/'.length)) ? 'mine' : 'theirs',
        }));
        this.keep();
        if (serious.length > 0) this.settle({ kind: 'conflict', clashes: serious });
        else {
          this.settle({ kind: 'unsaved' });
          this.later(0);
        }
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

  /**
   * Takes over what others changed since `known`, which is what the server had seen of mine. Own changes stay on top, and
   * undo stays one's own.
   */
  private rebase(known: ProcessDocument, draft: ProcessDocument): void {
    const remote = diffDocuments(known, flatten(draft));
    const local = diffDocuments(known, this.history.current);
    this.base = patched(known, remote);
    this.history.rebase(patched(this.history.current, [...remote, ...local]), (from, to) => {
      return (state) =>
        produce(state, (edited) => applyOwnPatches(edited as ProcessDocument, diffDocuments(from, to)));
    });
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

function patched(document: ProcessDocument, patches: readonly ElementPatch[]): ProcessDocument {
  return patches.length === 0
    ? document
    : produce(document, (edited) => applyElementPatches(edited as ProcessDocument, patches));
}

/** Only about where something stands. */
function placing({ element }: Clash): boolean {
  return element.startsWith('layout/');
}
