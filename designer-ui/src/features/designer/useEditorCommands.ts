import { useTranslation } from 'react-i18next';
import { type Command, useCommands } from '@/lib/commands';
import { isTyping } from '@/lib/keymap';
import type { Direction } from './navigation';

/** Everything that keys, menus and the palette can do in the editor. */
export interface EditorActions {
  readonly undo: () => void;
  readonly redo: () => void;
  readonly save: () => void;
  readonly publish: () => void;
  readonly addStep: () => void;
  readonly startConnecting: () => void;
  readonly confirmConnecting: () => void;
  readonly leaveMode: () => void;
  readonly go: (direction: Direction) => void;
  readonly selectStream: (which: 'upstream' | 'downstream') => void;
  readonly nudge: (dx: number, dy: number) => void;
  readonly openPanel: () => void;
  readonly rename: () => void;
  readonly selectAll: () => void;
  readonly duplicate: () => void;
  readonly remove: (heal: boolean) => void;
  readonly toggleDisabled: () => void;
  readonly replaceKind: () => void;
  readonly tidy: () => void;
  readonly problem: (step: 1 | -1) => void;
  readonly zoom: (to: 'in' | 'out' | 'reset' | 'all' | 'selection') => void;
}

export interface EditorState {
  readonly readOnly: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly hasSelection: boolean;
  readonly hasNode: boolean;
  readonly connecting: boolean;
  readonly hasProblems: boolean;
}

export const GRID_STEP = 20;

export function useEditorCommands(actions: EditorActions, state: EditorState): void {
  const { t } = useTranslation('designer');
  const section = t('command.section');
  const edits = (): boolean => !state.readOnly;
  const selected = (): boolean => !state.readOnly && state.hasSelection;
  const notTyping = (): boolean => !isTyping(document.activeElement);
  const inCanvas = (
    id: string,
    title: string,
    shortcut: string | readonly string[],
    run: () => void,
    enabled: () => boolean = () => true,
  ): Command => ({
    id: `designer.${id}`,
    title,
    section,
    shortcut,
    scope: 'canvas',
    enabled,
    run,
  });
  const hidden = (command: Command): Command => ({ ...command, hidden: true });
  const nudges = (
    [
      ['arrowleft', -1, 0],
      ['arrowright', 1, 0],
      ['arrowup', 0, -1],
      ['arrowdown', 0, 1],
    ] as const
  ).flatMap(([key, dx, dy]) => [
    hidden(
      inCanvas(
        `nudge.${key}`,
        t('command.nudge'),
        `alt+${key}`,
        () => actions.nudge(dx * GRID_STEP, dy * GRID_STEP),
        selected,
      ),
    ),
    hidden(
      inCanvas(
        `nudge5.${key}`,
        t('command.nudge'),
        `alt+shift+${key}`,
        () => actions.nudge(5 * dx * GRID_STEP, 5 * dy * GRID_STEP),
        selected,
      ),
    ),
  ]);
  const moves = (
    [
      ['arrowright', 'next'],
      ['arrowleft', 'previous'],
      ['arrowup', 'above'],
      ['arrowdown', 'below'],
    ] as const
  ).map(([key, direction]) =>
    hidden(inCanvas(`go.${direction}`, t(`command.${direction}`), key, () => actions.go(direction))),
  );
  useCommands([
    {
      id: 'designer.undo',
      title: t('command.undo'),
      section,
      shortcut: 'mod+z',
      enabled: () => edits() && state.canUndo && notTyping(),
      run: actions.undo,
    },
    {
      id: 'designer.redo',
      title: t('command.redo'),
      section,
      shortcut: ['mod+shift+z', 'mod+y'],
      enabled: () => edits() && state.canRedo && notTyping(),
      run: actions.redo,
    },
    { id: 'designer.save', title: t('command.save'), section, shortcut: 'mod+s', run: actions.save },
    { id: 'designer.publish', title: t('command.publish'), section, enabled: edits, run: actions.publish },
    {
      id: 'designer.nextProblem',
      title: t('command.nextProblem'),
      section,
      shortcut: 'f8',
      enabled: () => state.hasProblems,
      run: () => actions.problem(1),
    },
    {
      id: 'designer.previousProblem',
      title: t('command.previousProblem'),
      section,
      shortcut: 'shift+f8',
      enabled: () => state.hasProblems,
      run: () => actions.problem(-1),
    },
    inCanvas('add', t('command.add'), 'n', actions.addStep, edits),
    inCanvas('connect', t('command.connect'), 'c', actions.startConnecting, () => edits() && state.hasNode),
    hidden(
      inCanvas('confirm', t('command.connect'), 'enter', actions.confirmConnecting, () => state.connecting),
    ),
    hidden(
      inCanvas(
        'open',
        t('command.open'),
        'enter',
        actions.openPanel,
        () => state.hasSelection && !state.connecting,
      ),
    ),
    hidden(inCanvas('leave', t('command.leave'), 'esc', actions.leaveMode)),
    ...moves,
    inCanvas(
      'upstream',
      t('command.upstream'),
      'shift+arrowleft',
      () => actions.selectStream('upstream'),
      () => state.hasNode,
    ),
    inCanvas(
      'downstream',
      t('command.downstream'),
      'shift+arrowright',
      () => actions.selectStream('downstream'),
      () => state.hasNode,
    ),
    ...nudges,
    inCanvas('rename', t('command.rename'), 'f2', actions.rename, () => edits() && state.hasNode),
    inCanvas('selectAll', t('command.selectAll'), 'mod+a', actions.selectAll),
    inCanvas('duplicate', t('command.duplicate'), 'mod+d', actions.duplicate, selected),
    inCanvas('delete', t('command.delete'), ['delete', 'backspace'], () => actions.remove(true), selected),
    inCanvas(
      'deleteOnly',
      t('command.deleteOnly'),
      ['shift+delete', 'shift+backspace'],
      () => actions.remove(false),
      selected,
    ),
    inCanvas('disable', t('command.disable'), 'd', actions.toggleDisabled, selected),
    inCanvas('replace', t('command.replace'), 'r', actions.replaceKind, () => edits() && state.hasNode),
    inCanvas('tidy', t('command.tidy'), 'alt+shift+t', actions.tidy, edits),
    inCanvas('zoomReset', t('command.zoomReset'), '0', () => actions.zoom('reset')),
    inCanvas('zoomAll', t('command.zoomAll'), '1', () => actions.zoom('all')),
    inCanvas(
      'zoomSelection',
      t('command.zoomSelection'),
      '2',
      () => actions.zoom('selection'),
      () => state.hasSelection,
    ),
    inCanvas('zoomIn', t('command.zoomIn'), '+', () => actions.zoom('in')),
    inCanvas('zoomOut', t('command.zoomOut'), '-', () => actions.zoom('out')),
  ]);
}
