import type { LucideIcon } from 'lucide-react';
import {
  AlignCenterHorizontal,
  AlignCenterVertical,
  AlignEndHorizontal,
  AlignEndVertical,
  AlignHorizontalDistributeCenter,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalDistributeCenter,
  Ban,
  BetweenHorizontalStart,
  ChevronsDownUp,
  CircleDot,
  ClipboardCopy,
  Clock,
  Copy,
  FileUp,
  Frame,
  Hand,
  ListTree,
  Lock,
  LockOpen,
  Maximize,
  PanelLeft,
  PanelRight,
  Pin,
  Play,
  Plus,
  Redo2,
  Replace,
  Scissors,
  Search,
  Spline,
  StickyNote,
  TextCursorInput,
  Trash2,
  TriangleAlert,
  Undo2,
  Ungroup,
  Wand,
  WandSparkles,
  Workflow,
} from 'lucide-react';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { type Command, useCommands } from '@/lib/commands';
import type { Alignment, Axis } from '@/lib/process/edits';
import { COLOURS, type Colour } from '@/lib/process/notes';
import type { Direction } from './navigation';
import type { DesignerT } from './texts';
import type { Panel } from './usePanels';

/** Everything that keys, menus, toolbars, the palette, canvas and outline can do in the editor. */
export interface EditorActions {
  readonly undo: () => void;
  readonly redo: () => void;
  readonly save: () => void;
  readonly publish: () => void;
  readonly replaceByFile: () => void;
  readonly rehearse: () => void;
  readonly rehearseTo: () => void;
  readonly toggleStop: () => void;
  readonly togglePin: () => void;
  readonly addStep: () => void;
  readonly startConnecting: () => void;
  readonly confirm: () => void;
  readonly leaveMode: () => void;
  readonly go: (direction: Direction) => void;
  readonly goTo: (id: string) => void;
  readonly selectStream: (which: 'upstream' | 'downstream') => void;
  readonly nudge: (dx: number, dy: number) => void;
  readonly openPanel: () => void;
  readonly rename: () => void;
  readonly selectAll: () => void;
  readonly copy: () => void;
  readonly cut: () => void;
  readonly duplicate: () => void;
  readonly remove: (heal: boolean) => void;
  readonly toggleDisabled: () => void;
  readonly replaceKind: () => void;
  readonly attach: (kind: 'boundaryTimer' | 'boundaryError') => void;
  readonly toggleFold: () => void;
  readonly addNote: () => void;
  readonly group: () => void;
  readonly ungroup: () => void;
  readonly extract: () => void;
  readonly dissolve: () => void;
  readonly align: (to: Alignment) => void;
  readonly distribute: (axis: Axis) => void;
  readonly tidy: (keep: boolean) => void;
  /** Marks what is selected as put where it is by hand, or takes the mark away. */
  readonly togglePlaced: () => void;
  readonly switchTool: (tool: Tool) => void;
  readonly search: () => void;
  readonly nextMatch: (step: 1 | -1) => void;
  readonly toggleOutline: () => void;
  readonly problem: (step: 1 | -1) => void;
  readonly showWay: () => void;
  readonly playFault: () => void;
  readonly toggleMap: () => void;
  readonly colour: (colour: Colour | undefined) => void;
  readonly chooseColour: () => void;
  readonly togglePanel: (panel: Panel) => void;
  readonly zoom: (to: 'in' | 'out' | 'reset' | 'all' | 'read' | 'selection') => void;
}

/** What dragging on the canvas does: choose, pan, or push everything beyond aside. */
export type Tool = 'select' | 'hand' | 'room';

export interface EditorState {
  readonly readOnly: boolean;
  readonly undo: string | undefined;
  readonly redo: string | undefined;
  readonly selected: number;
  /** The one thing that is selected. */
  readonly only: 'step' | 'connection' | 'note' | 'group' | undefined;
  readonly steps: number;
  readonly grouped: boolean;
  readonly foldable: boolean;
  /** The one thing that is selected is a sub-process. */
  readonly scope: boolean;
  readonly hostable: boolean;
  /** Somebody outside brings what the step results in, which test data can stand for. */
  readonly answered: boolean;
  /** What a person put where it is: all of the selected steps, none selected being undefined; any of what *Tidy up* would move. */
  readonly placed: { readonly selected: boolean | undefined; readonly some: boolean };
  readonly pinned: boolean;
  readonly connecting: boolean;
  readonly hasProblems: boolean;
  /** There is a flow fault whose way can be shown, and one that can be played. */
  readonly hasWay: boolean;
  readonly hasFault: boolean;
  /** Whether the map of the drawing is shown; undefined for what has none. */
  readonly map: boolean | undefined;
  readonly searching: boolean;
  readonly tool: Tool;
  readonly outline: boolean;
  /** A phone shows one thing at a time: there is nothing to fold. */
  readonly phone: boolean;
  /** Which panels are there. */
  readonly palette: boolean;
  readonly settings: boolean;
}

/** Menus and bars that show a command. `several`: the bar of a selection; `tools`: the bar on the canvas, with `touch` on small screens. */
export type Place = 'step' | 'connection' | 'note' | 'group' | 'empty' | 'several' | 'tools' | 'touch';

export interface DesignerCommand extends Command {
  readonly icon?: LucideIcon;
  readonly places?: readonly Place[];
  /** Commands of one block stand together in a menu. */
  readonly block?: number;
  readonly danger?: boolean;
  /** Of a switch: whether it is on. */
  readonly pressed?: boolean;
}

export const GRID_STEP = 20;

const ARROWS = [
  ['arrowleft', -1, 0],
  ['arrowright', 1, 0],
  ['arrowup', 0, -1],
  ['arrowdown', 0, 1],
] as const;
const WAYS = [
  ['arrowright', 'next'],
  ['arrowleft', 'previous'],
  ['arrowup', 'above'],
  ['arrowdown', 'below'],
] as const;
const ALIGN_ICONS = {
  left: AlignStartVertical,
  centre: AlignCenterVertical,
  right: AlignEndVertical,
  top: AlignStartHorizontal,
  middle: AlignCenterHorizontal,
  bottom: AlignEndHorizontal,
} as const;

type Spec = Omit<DesignerCommand, 'id' | 'title' | 'section' | 'scope'>;

/**
 * The one registry of the designer. Key map, context menus, the bars, the command palette and the sheet of shortcuts
 * are made from it; nothing else states a key or a title.
 */
export function useDesignerCommands(actions: EditorActions, state: EditorState): readonly DesignerCommand[] {
  const { t } = useTranslation('designer');
  // The state is the same for most keys of somebody who types: what is made from the commands then is, too.
  const kept = useRef(state);
  if (JSON.stringify(kept.current) !== JSON.stringify(state)) kept.current = state;
  const same = kept.current;
  const commands = useMemo(() => commandsOf(t, actions, same), [t, actions, same]);
  useCommands(commands);
  return commands;
}

function commandsOf(t: DesignerT, actions: EditorActions, state: EditorState): readonly DesignerCommand[] {
  const section = t('command.section');
  const edits = (): boolean => !state.readOnly;
  const selected = (): boolean => edits() && state.selected > 0;
  const several = (): boolean => edits() && state.selected > 1;
  const onStep = (): boolean => state.only === 'step';
  const editsStep = (): boolean => edits() && onStep();
  const steps = (): boolean => edits() && state.steps > 0;
  const coloured = (): boolean => selected() && state.only !== 'connection';
  const moving = (): boolean => !state.connecting && state.tool !== 'room';

  const anywhere = (id: string, title: string, spec: Spec): DesignerCommand => ({
    id: `designer.${id}`,
    title,
    section,
    ...spec,
  });
  /** Works while the focus is in the drawing, as canvas or as outline. */
  const drawing = (id: string, title: string, spec: Spec): DesignerCommand => ({
    ...anywhere(id, title, spec),
    scope: 'canvas',
  });

  return [
    anywhere('undo', state.undo ?? t('command.undo'), {
      shortcut: 'mod+z',
      icon: Undo2,
      places: ['touch'],
      leftToFields: true,
      enabled: () => edits() && state.undo !== undefined,
      run: actions.undo,
    }),
    anywhere('redo', state.redo ?? t('command.redo'), {
      shortcut: ['mod+shift+z', 'mod+y'],
      icon: Redo2,
      places: ['touch'],
      leftToFields: true,
      enabled: () => edits() && state.redo !== undefined,
      run: actions.redo,
    }),
    anywhere('save', t('command.save'), { shortcut: 'mod+s', run: actions.save }),
    anywhere('publish', t('command.publish'), { enabled: edits, run: actions.publish }),
    anywhere('replaceByFile', t('command.replaceByFile'), {
      icon: FileUp,
      places: ['empty'],
      block: 1,
      enabled: edits,
      run: actions.replaceByFile,
    }),
    anywhere('rehearse', t('command.rehearse'), { enabled: edits, run: actions.rehearse }),
    drawing('rehearseTo', t('command.rehearseTo'), {
      icon: Play,
      places: ['step'],
      block: 0,
      enabled: editsStep,
      run: actions.rehearseTo,
    }),
    drawing('stop', t('command.stop'), {
      shortcut: 'f9',
      icon: CircleDot,
      places: ['step'],
      block: 0,
      enabled: editsStep,
      run: actions.toggleStop,
    }),
    drawing('pin', t(state.pinned ? 'command.unpin' : 'command.pin'), {
      shortcut: 'p',
      icon: Pin,
      places: ['step'],
      block: 0,
      enabled: () => editsStep() && state.answered,
      run: actions.togglePin,
    }),
    anywhere('palette', t('command.palette'), {
      shortcut: 'mod+b',
      icon: PanelLeft,
      places: ['tools'],
      block: 9,
      pressed: state.palette,
      enabled: () => edits() && !state.phone,
      run: () => actions.togglePanel('palette'),
    }),
    anywhere('settings', t('command.settings'), {
      shortcut: 'mod+shift+b',
      icon: PanelRight,
      places: ['tools'],
      block: 9,
      pressed: state.settings,
      enabled: () => !state.phone,
      run: () => actions.togglePanel('settings'),
    }),
    anywhere('search', t('command.search'), {
      shortcut: 'mod+f',
      icon: Search,
      places: ['tools'],
      run: actions.search,
    }),
    anywhere('outline', t(state.outline ? 'command.canvas' : 'command.outline'), {
      shortcut: 'mod+shift+o',
      icon: ListTree,
      places: ['tools'],
      pressed: state.outline,
      run: actions.toggleOutline,
    }),
    anywhere('nextProblem', t('command.nextProblem'), {
      shortcut: 'f8',
      enabled: () => state.hasProblems,
      run: () => actions.problem(1),
    }),
    anywhere('previousProblem', t('command.previousProblem'), {
      shortcut: 'shift+f8',
      enabled: () => state.hasProblems,
      run: () => actions.problem(-1),
    }),
    anywhere('showWay', t('command.showWay'), {
      shortcut: 'alt+f8',
      enabled: () => state.hasWay,
      run: actions.showWay,
    }),
    anywhere('playFault', t('command.playFault'), {
      shortcut: 'alt+shift+f8',
      enabled: () => edits() && state.hasFault,
      run: actions.playFault,
    }),
    drawing('map', t(state.map ? 'command.mapFold' : 'command.map'), {
      shortcut: 'm',
      enabled: () => state.map !== undefined && !state.outline,
      run: actions.toggleMap,
    }),
    drawing('colour', t('command.colour'), {
      shortcut: 'alt+shift+c',
      enabled: coloured,
      run: actions.chooseColour,
    }),
    ...[undefined, ...COLOURS].map((colour) =>
      drawing(`colour.${colour ?? 'none'}`, `${t('colour.title')}: ${t(`colour.${colour ?? 'none'}`)}`, {
        enabled: coloured,
        run: () => actions.colour(colour),
      }),
    ),
    drawing('add', t('command.add'), {
      shortcut: 'n',
      icon: Plus,
      places: ['step', 'connection', 'empty', 'tools'],
      block: 0,
      enabled: edits,
      run: actions.addStep,
    }),
    drawing('connect', t('command.connect'), {
      shortcut: 'c',
      icon: Spline,
      places: ['step', 'touch'],
      block: 0,
      enabled: editsStep,
      run: actions.startConnecting,
    }),
    drawing('confirm', t('command.connect'), {
      shortcut: 'enter',
      hidden: true,
      enabled: () => state.connecting,
      run: actions.confirm,
    }),
    drawing('open', t('command.open'), {
      shortcut: 'enter',
      icon: PanelRight,
      places: ['step', 'connection', 'note', 'group'],
      block: 0,
      enabled: () => state.selected > 0 && !state.connecting,
      run: actions.openPanel,
    }),
    drawing('leave', t('command.leave'), { shortcut: 'esc', hidden: true, run: actions.leaveMode }),
    ...WAYS.map(([key, direction]) =>
      drawing(`go.${direction}`, t(`command.${direction}`), {
        shortcut: key,
        hidden: true,
        enabled: () => state.tool !== 'room',
        run: () => actions.go(direction),
      }),
    ),
    ...ARROWS.flatMap(([key, dx, dy]) => [
      drawing(`push.${key}`, t('command.room'), {
        shortcut: key,
        hidden: true,
        enabled: () => edits() && state.tool === 'room',
        run: () => actions.nudge(dx * GRID_STEP, dy * GRID_STEP),
      }),
      drawing(`nudge.${key}`, t('command.nudge'), {
        shortcut: `alt+${key}`,
        hidden: true,
        enabled: () => selected() && moving(),
        run: () => actions.nudge(dx * GRID_STEP, dy * GRID_STEP),
      }),
      drawing(`nudge5.${key}`, t('command.nudge'), {
        shortcut: `alt+shift+${key}`,
        hidden: true,
        enabled: () => selected() && moving(),
        run: () => actions.nudge(5 * dx * GRID_STEP, 5 * dy * GRID_STEP),
      }),
    ]),
    drawing('upstream', t('command.upstream'), {
      shortcut: 'shift+arrowleft',
      enabled: onStep,
      run: () => actions.selectStream('upstream'),
    }),
    drawing('downstream', t('command.downstream'), {
      shortcut: 'shift+arrowright',
      enabled: onStep,
      run: () => actions.selectStream('downstream'),
    }),
    drawing('selectAll', t('command.selectAll'), {
      shortcut: 'mod+a',
      places: ['empty'],
      block: 1,
      run: actions.selectAll,
    }),
    drawing('rename', t('command.rename'), {
      shortcut: 'f2',
      icon: TextCursorInput,
      places: ['step', 'connection', 'note', 'group'],
      block: 0,
      enabled: () => edits() && state.only !== undefined,
      run: actions.rename,
    }),
    drawing('replace', t('command.replace'), {
      shortcut: 'r',
      icon: Replace,
      places: ['step'],
      block: 0,
      enabled: editsStep,
      run: actions.replaceKind,
    }),
    drawing('timeLimit', t('inspector.addTimeLimit'), {
      icon: Clock,
      places: ['step'],
      block: 1,
      enabled: () => edits() && state.hostable,
      run: () => actions.attach('boundaryTimer'),
    }),
    drawing('errorBranch', t('inspector.addErrorBranch'), {
      icon: TriangleAlert,
      places: ['step'],
      block: 1,
      enabled: () => edits() && state.hostable,
      run: () => actions.attach('boundaryError'),
    }),
    drawing('fold', t('command.fold'), {
      shortcut: 'mod+.',
      icon: ChevronsDownUp,
      places: ['step', 'group'],
      block: 1,
      enabled: () => state.foldable,
      run: actions.toggleFold,
    }),
    drawing('note', t('command.note'), {
      shortcut: 'shift+s',
      icon: StickyNote,
      places: ['empty', 'step', 'tools'],
      block: 1,
      enabled: edits,
      run: actions.addNote,
    }),
    drawing('group', t('command.group'), {
      shortcut: 'mod+g',
      icon: Frame,
      places: ['step', 'several'],
      block: 1,
      enabled: steps,
      run: actions.group,
    }),
    drawing('ungroup', t('command.ungroup'), {
      shortcut: 'mod+shift+g',
      icon: Ungroup,
      places: ['group', 'several'],
      block: 1,
      enabled: () => edits() && state.grouped,
      run: actions.ungroup,
    }),
    drawing('extract', t('command.extract'), {
      shortcut: 'alt+shift+s',
      icon: Workflow,
      places: ['step', 'group', 'several'],
      block: 1,
      enabled: steps,
      run: actions.extract,
    }),
    drawing('dissolve', t('command.dissolve'), {
      shortcut: 'alt+shift+u',
      icon: Ungroup,
      places: ['step'],
      block: 1,
      enabled: () => edits() && state.scope,
      run: actions.dissolve,
    }),
    ...(Object.keys(ALIGN_ICONS) as Alignment[]).map((to) =>
      drawing(`align.${to}`, t(`align.${to}`), {
        icon: ALIGN_ICONS[to],
        places: ['several'],
        block: 2,
        enabled: several,
        run: () => actions.align(to),
      }),
    ),
    drawing('distribute.horizontal', t('align.horizontal'), {
      icon: AlignHorizontalDistributeCenter,
      places: ['several'],
      block: 2,
      enabled: () => edits() && state.selected > 2,
      run: () => actions.distribute('horizontal'),
    }),
    drawing('distribute.vertical', t('align.vertical'), {
      icon: AlignVerticalDistributeCenter,
      places: ['several'],
      block: 2,
      enabled: () => edits() && state.selected > 2,
      run: () => actions.distribute('vertical'),
    }),
    drawing('copy', t('command.copy'), {
      shortcut: 'mod+c',
      native: true,
      icon: ClipboardCopy,
      places: ['step', 'note', 'group', 'several'],
      block: 3,
      enabled: () => state.selected > 0,
      run: actions.copy,
    }),
    drawing('cut', t('command.cut'), {
      shortcut: 'mod+x',
      native: true,
      icon: Scissors,
      places: ['step', 'note'],
      block: 3,
      enabled: selected,
      run: actions.cut,
    }),
    drawing('paste', t('command.paste'), {
      shortcut: 'mod+v',
      native: true,
      hidden: true,
      enabled: edits,
      run: () => undefined,
    }),
    drawing('duplicate', t('command.duplicate'), {
      shortcut: 'mod+d',
      icon: Copy,
      places: ['step', 'note', 'group', 'several'],
      block: 3,
      enabled: selected,
      run: actions.duplicate,
    }),
    drawing('disable', t('command.disable'), {
      shortcut: 'd',
      icon: Ban,
      places: ['step', 'several'],
      block: 3,
      enabled: steps,
      run: actions.toggleDisabled,
    }),
    drawing('delete', t('command.delete'), {
      shortcut: ['delete', 'backspace'],
      icon: Trash2,
      places: ['step', 'connection', 'note', 'group', 'several', 'touch'],
      block: 4,
      danger: true,
      enabled: selected,
      run: () => actions.remove(true),
    }),
    drawing('deleteOnly', t('command.deleteOnly'), {
      shortcut: ['shift+delete', 'shift+backspace'],
      enabled: selected,
      run: () => actions.remove(false),
    }),
    drawing('tidy', t('command.tidy'), {
      shortcut: 'alt+shift+t',
      icon: WandSparkles,
      places: ['empty', 'several', 'tools'],
      block: 1,
      enabled: edits,
      run: () => actions.tidy(false),
    }),
    drawing('tidyKeep', t('command.tidyKeep'), {
      shortcut: 'alt+shift+k',
      icon: Wand,
      places: ['empty', 'several'],
      block: 1,
      enabled: () => edits() && state.placed.some,
      run: () => actions.tidy(true),
    }),
    drawing('placed', t(state.placed.selected ? 'command.unplaced' : 'command.placed'), {
      icon: state.placed.selected ? LockOpen : Lock,
      places: ['step', 'several'],
      block: 1,
      enabled: () => edits() && state.placed.selected !== undefined,
      run: actions.togglePlaced,
    }),
    drawing('hand', t('command.hand'), {
      shortcut: 'h',
      icon: Hand,
      places: ['tools'],
      pressed: state.tool === 'hand',
      enabled: () => !state.outline,
      run: () => actions.switchTool('hand'),
    }),
    drawing('room', t('command.room'), {
      shortcut: 's',
      icon: BetweenHorizontalStart,
      places: ['tools'],
      pressed: state.tool === 'room',
      enabled: () => edits() && !state.outline,
      run: () => actions.switchTool('room'),
    }),
    drawing('zoomReset', t('command.zoomReset'), { shortcut: '0', run: () => actions.zoom('reset') }),
    drawing('zoomAll', t('command.zoomAll'), {
      shortcut: '1',
      icon: Maximize,
      places: ['empty'],
      block: 1,
      run: () => actions.zoom('all'),
    }),
    drawing('zoomSelection', t('command.zoomSelection'), {
      shortcut: '2',
      enabled: () => state.selected > 0,
      run: () => actions.zoom('selection'),
    }),
    drawing('zoomRead', t('command.zoomRead'), { shortcut: '3', run: () => actions.zoom('read') }),
    drawing('zoomIn', t('command.zoomIn'), { shortcut: '+', run: () => actions.zoom('in') }),
    drawing('zoomOut', t('command.zoomOut'), { shortcut: '-', run: () => actions.zoom('out') }),
    // Registered last: while a search is shown, n goes to its next match.
    drawing('nextMatch', t('command.nextMatch'), {
      shortcut: ['n', 'f3'],
      hidden: true,
      enabled: () => state.searching,
      run: () => actions.nextMatch(1),
    }),
    drawing('previousMatch', t('command.previousMatch'), {
      shortcut: ['shift+n', 'shift+f3'],
      hidden: true,
      enabled: () => state.searching,
      run: () => actions.nextMatch(-1),
    }),
  ];
}

/** Commands for a menu or bar that can be run now, in blocks. */
export function commandsAt(commands: readonly DesignerCommand[], place: Place): DesignerCommand[][] {
  const blocks = new Map<number, DesignerCommand[]>();
  for (const command of commands) {
    if (!command.places?.includes(place) || command.enabled?.() === false) continue;
    const block = blocks.get(command.block ?? 0) ?? [];
    block.push(command);
    blocks.set(command.block ?? 0, block);
  }
  return [...blocks].sort(([a], [b]) => a - b).map(([, block]) => block);
}
