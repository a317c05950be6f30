import { createContext, useContext } from 'react';
import type { SaidCondition } from '@/features/expressions/conditionWords';
import type { EntryLabel, RunOptions } from '@/lib/history';
import type { Robot, Rules, StoredStage } from './api';
import type { Kind } from './catalogue';
import type { Change } from './changes';
import type { EntryFinding } from './errors';
import type { Entry, Part } from './rules';

/** A stage as its column shows it. */
export interface StageInfo {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly kind: 'normal' | 'success' | 'failure';
}

/** What the parts of a board share. Rules change through `run` and the actions only. */
export interface Board {
  readonly pipeline: { readonly id: string; readonly name: string };
  readonly type: string;
  readonly stages: readonly StageInfo[];
  readonly stored: ReadonlyMap<string, StoredStage>;
  readonly rules: Rules;
  readonly readOnly: boolean;
  readonly robotKinds: readonly Kind[];
  readonly triggerKinds: readonly Kind[];
  readonly kindOf: (entry: Entry) => Kind;
  readonly nameOf: (entry: Entry) => string;
  readonly findingsOf: (id: string) => readonly EntryFinding[];
  readonly changeOf: (id: string) => Change | undefined;
  readonly timingOf: (robot: Robot) => string;
  readonly say: (source: string) => SaidCondition | undefined;
  readonly personName: (id: string) => string;
  /** A field of the record by the name that people know. */
  readonly fieldName: (key: string) => string;
  readonly dateFields: readonly { readonly value: string; readonly label: string }[];
  /** Ids that the search and the filter leave; undefined: all. */
  readonly shown: ReadonlySet<string> | undefined;
  readonly opened: string | undefined;
  /** The card that Tab reaches. */
  readonly active: string | undefined;
  readonly setActive: (id: string) => void;
  readonly open: (id: string | undefined) => void;
  readonly run: (label: EntryLabel, recipe: (rules: Rules) => void, options?: RunOptions) => boolean;
  readonly actions: BoardActions;
}

export interface BoardActions {
  /** Opens the gallery for a stage. */
  readonly add: (stage: string, part: Part) => void;
  readonly remove: (id: string) => void;
  readonly duplicate: (id: string) => void;
  readonly toggle: (id: string) => void;
  /** Up or down inside of its stage. */
  readonly shift: (id: string, by: -1 | 1) => void;
  /** To the stage before or behind. */
  readonly carry: (id: string, by: -1 | 1) => void;
  readonly moveTo: (id: string, stage: string, at?: number) => void;
  readonly copyTo: (id: string, stage: string, at?: number) => void;
  readonly keep: (stage: string) => void;
}

export const BoardContext = createContext<Board | null>(null);

export function useBoard(): Board {
  const board = useContext(BoardContext);
  if (!board) throw new Error('a part of the automation board stands outside of it');
  return board;
}
