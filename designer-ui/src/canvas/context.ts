import { createContext, useContext } from 'react';
import type { KindTable } from '@/lib/process/kinds';
import type { Point } from '@/lib/process/types';
import type { Bends } from './bends';
import type { RunStore } from './runStore';
import type { StepSigns } from './signs';

/** A wish for a step picker: where to open it, and what the chosen step is to be connected to. */
export interface PickRequest {
  /** Client coordinates of the popover. */
  readonly anchor: { readonly x: number; readonly y: number };
  /** Where the step goes, in canvas coordinates; absent: next free place behind `from`. */
  readonly at?: Point;
  readonly from?: { readonly node: string; readonly port: string };
  /** The sub-process that the step goes into, where its place does not say so. */
  readonly parent?: string;
  /** Insert into this flow. */
  readonly flow?: string;
}

export type Overlay = 'run' | 'counts';

export interface CanvasShared {
  readonly kinds: KindTable;
  readonly editable: boolean;
  readonly runStore: RunStore | undefined;
  readonly overlay: Overlay | undefined;
  readonly pick: (request: PickRequest) => void;
  readonly fold: (id: string, collapsed: boolean) => void;
  /** Colours that authors gave to nodes. */
  readonly colours: ReadonlyMap<string, string>;
  /** Breakpoints, test data and where a rehearsal has stopped. */
  readonly signs: ReadonlyMap<string, StepSigns> | undefined;
  /** When set, all others are dimmed. */
  readonly highlight: ReadonlySet<string> | undefined;
  /** Where flows run while steps are dragged. */
  readonly bends: Bends;
  readonly refuses: (from: string, port: string, to: string) => string | undefined;
}

export const CanvasContext = createContext<CanvasShared | null>(null);

/** Constant per canvas except for kinds and overlay, so that it never renders nodes during a drag. */
export function useCanvasShared(): CanvasShared {
  const shared = useContext(CanvasContext);
  if (!shared) throw new Error('canvas parts must be inside a Canvas');
  return shared;
}
