import { type EntryLabel, History, type HistoryStep, type RunOptions } from '@/lib/history';
import { storage } from '@/lib/storage';
import type { Rules, StageBoard } from './api';
import { changesBetween, same } from './changes';
import { type Clash, type Merged, merge, type Side } from './merge';
import { rulesOf } from './rules';

/** What is kept of unsaved rules in this browser. */
interface Kept {
  readonly rev: number;
  readonly base: Rules;
  readonly rules: Rules;
}

interface Keeper {
  load(): Kept | undefined;
  keep(kept: Kept | null): void;
}

/** Unsaved rules of one person for one pipeline, so that a closed tab loses nothing. */
export function keeperOf(user: string, pipeline: string): Keeper {
  const name = `stageBoard.${user}.${pipeline}`;
  return {
    load: () => {
      try {
        return JSON.parse(storage.get(name) ?? 'null') ?? undefined;
      } catch {
        return undefined;
      }
    },
    keep: (kept) => storage.set(name, kept && JSON.stringify(kept)),
  };
}

/** The rules of a pipeline while they are edited: what is saved, what is not, and how to go back. */
export class BoardDraft {
  readonly history: History<Rules>;
  /** The rules as they are stored. */
  base: Rules;
  rev: number;
  /** Unsaved changes of an earlier visit came back. */
  readonly restored: boolean;
  private readonly keeper: Keeper;

  constructor(board: StageBoard, order: readonly string[], keeper: Keeper) {
    this.base = rulesOf(board.stages, order);
    this.rev = board.rev;
    this.keeper = keeper;
    const kept = keeper.load();
    const usable = kept && Array.isArray(kept.rules?.stages) && Array.isArray(kept.base?.stages);
    // Stages may have come and gone since; what is kept is laid over what is there.
    const rules = usable
      ? merge(rulesOf(kept.base.stages, order), rulesOf(kept.rules.stages, order), this.base).rules
      : this.base;
    this.history = new History<Rules>(this.base);
    this.restored = changesBetween(this.base, rules).length > 0;
    if (this.restored) {
      this.history.run({ key: 'history.restored' }, (draft) => {
        draft.stages = rules.stages;
      });
    }
    this.history.subscribe(this.remember);
    this.remember();
  }

  get rules(): Rules {
    return this.history.current;
  }

  get dirty(): boolean {
    return this.history.current !== this.base && !same(this.history.current, this.base);
  }

  run(label: EntryLabel, recipe: (rules: Rules) => void, options: RunOptions = {}): boolean {
    return this.history.run(label, (draft) => recipe(draft as Rules), options);
  }

  undo = (): HistoryStep | undefined => this.history.undo();
  redo = (): HistoryStep | undefined => this.history.redo();

  /** Back to what is stored, in one step that can be undone. */
  discard(): void {
    this.run({ key: 'history.discard' }, (rules) => {
      rules.stages = structuredClone(this.base.stages);
    });
  }

  /** What `sent` became on the server; edits made meanwhile stay. */
  saved(board: StageBoard, sent: Rules, order: readonly string[]): void {
    const stored = rulesOf(board.stages, order);
    this.adopt(stored, board.rev, merge(sent, this.rules, stored).rules);
  }

  /** Mine over what somebody else has stored meanwhile. */
  mergeWith(board: StageBoard, order: readonly string[], decide?: (clash: Clash) => Side): Merged {
    return merge(this.base, this.rules, rulesOf(board.stages, order), decide);
  }

  rebase(board: StageBoard, order: readonly string[], merged: Merged): void {
    this.adopt(rulesOf(board.stages, order), board.rev, merged.rules);
  }

  private adopt(stored: Rules, rev: number, rules: Rules): void {
    this.base = stored;
    this.rev = rev;
    const next = same(rules, stored) ? stored : rules;
    // Going back then takes back only what was done here, not what came from the server.
    this.history.rebase(next, (from, to) => (state) => merge(from, to, state).rules);
    this.remember();
  }

  private remember = (): void => {
    this.keeper.keep(this.dirty ? { rev: this.rev, base: this.base, rules: this.rules } : null);
  };
}
