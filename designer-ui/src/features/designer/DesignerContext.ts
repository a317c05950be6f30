import { createContext, useContext } from 'react';
import type { PickRequest } from '@/canvas';
import type { EntryLabel, RunOptions } from '@/lib/history';
import type { KindTable } from '@/lib/process/kinds';
import type { ProcessDocument } from '@/lib/process/types';
import type { Finding } from '@/lib/process/validate';
import type { DraftView } from './draft';
import type { Actions, Connecting } from './editorActions';

/** What the parts of the designer share. Everything that changes the document goes through `run`. */
export interface Designer {
  readonly definitionKey: string;
  readonly publishedVersion: number | null;
  readonly view: DraftView;
  readonly document: ProcessDocument;
  readonly kinds: KindTable;
  readonly readOnly: boolean;
  readonly findings: readonly Finding[];
  readonly selection: ReadonlySet<string>;
  readonly select: (ids: Iterable<string>, options?: { reveal?: boolean }) => void;
  /** A connection that is being made with the keyboard. */
  readonly connecting: Connecting | undefined;
  /** A step that was just added with a value that is only suggested, which its panel asks for. */
  readonly suggested: string | undefined;
  readonly onSuggested: () => void;
  /** The element whose name is being written in place. */
  readonly renaming: string | undefined;
  readonly onRenamed: (id: string, text: string | undefined) => void;
  readonly run: (
    label: EntryLabel,
    recipe: (draft: ProcessDocument) => void,
    options?: RunOptions,
  ) => boolean;
  /** Ends a burst of typing. */
  readonly seal: () => void;
  /** What can be done, the same object for as long as the editor is open. */
  readonly actions: Actions;
  readonly pick: (request: PickRequest) => void;
  /** Shows a finding: selects its element and brings its field into view. */
  readonly showFinding: (finding: Finding) => void;
  /** Shows a flow fault: the connections that lead to it, one after another. */
  readonly showWay: (finding: Finding) => void;
  /** Rehearses the run in which a flow fault shows itself. */
  readonly playFault: (finding: Finding) => void;
}

export const DesignerContext = createContext<Designer | null>(null);

export function useDesigner(): Designer {
  const designer = useContext(DesignerContext);
  if (!designer) throw new Error('a part of the designer stands outside of it');
  return designer;
}
