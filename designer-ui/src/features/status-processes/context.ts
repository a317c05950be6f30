import { createContext, useContext } from 'react';
import type { Kind } from '@/features/automation/catalogue';
import type { EntryFinding } from '@/features/automation/errors';
import type { SaidCondition } from '@/features/expressions/conditionWords';
import type { EntryLabel, RunOptions } from '@/lib/history';
import type { Content, Step } from './api';
import type { Handler, Place } from './model';

/** What the parts of the editor share. The template changes through `run` only. */
export interface Editing {
  readonly id: string;
  readonly type: string;
  readonly content: Content;
  readonly readOnly: boolean;
  readonly kinds: readonly Kind[];
  readonly kindOf: (step: Step) => Kind;
  readonly nameOf: (step: Step) => string;
  readonly findingsOf: (id: string) => readonly EntryFinding[];
  readonly statusName: (id: unknown) => string;
  readonly say: (source: string) => SaidCondition | undefined;
  readonly dateFields: readonly { readonly value: string; readonly label: string }[];
  readonly fieldName: (key: string) => string;
  readonly opened: string | undefined;
  readonly open: (id: string | undefined) => void;
  readonly add: (handler: Handler) => void;
  readonly remove: (id: string) => void;
  readonly shift: (id: string, by: -1 | 1) => void;
  readonly place: (id: string, into: Place, before?: string) => void;
  readonly run: (label: EntryLabel, recipe: (content: Content) => void, options?: RunOptions) => boolean;
}

export const EditingContext = createContext<Editing | null>(null);

export function useEditing(): Editing {
  const editing = useContext(EditingContext);
  if (!editing) throw new Error('a part of the status editor stands outside of it');
  return editing;
}
