import type { RefObject } from 'react';
import { type CanvasHandle, type PickRequest, toggleMap } from '@/canvas';
import { announce } from '@/lib/live';
import { indexOf, reachable, upstream } from '@/lib/process/document';
import {
  addBoundary,
  addNode,
  addNote,
  alignElements,
  appendNode,
  changeKind,
  connect,
  deleteElements,
  dissolve,
  dissolveRefusal,
  distributeElements,
  extract,
  extractRefusal,
  freePort,
  freeSpot,
  groupNodes,
  insertOnFlow,
  isPlaced,
  makeRoom,
  moveInto,
  moveNotes,
  noteSpot,
  pinLayout,
  refusal,
  scopeAt,
  setCollapsed,
  setField,
  setPlaced,
  toggleDisabled,
  ungroup,
} from '@/lib/process/edits';
import { CARD_HEIGHT, CARD_WIDTH, drawnGeometry, positionsOf, snap } from '@/lib/process/geometry';
import { isDestructive, type KindTable } from '@/lib/process/kinds';
import { noteRect } from '@/lib/process/notes';
import { applyElementPatches, diffDocuments } from '@/lib/process/patches';
import { isOpen } from '@/lib/process/scopes';
import type { Point, ProcessDocument } from '@/lib/process/types';
import { notifyDone, notifyError, notifyUndo } from '@/ui';
import type { EditorActions, Tool } from './commands';
import type { Designer } from './DesignerContext';
import type { Draft } from './draft';
import { elementsOf, focusedNodeOf, placeAfter, withMembers } from './editorElements';
import { firstNode, neighbour } from './navigation';
import { paint } from './paint';
import { rememberKind } from './recent';
import { type DesignerT, descriptorName, elementName, labelText } from './texts';
import type { Panel } from './usePanels';

/** A picker that is open: for a new step, or for another kind of a step. */
export interface Replacing extends PickRequest {
  readonly replace?: string;
}

/** A connection that is being made with the keyboard. */
export interface Connecting {
  readonly from: string;
  readonly port: string;
  readonly to: string;
}

/** The rehearsal is open; with a node it is to be run up to there. */
export interface Rehearsing {
  readonly node?: string;
  /** A saved scenario that is played. */
  readonly scenario?: string;
  /** A run that shows a fault, with the words of the finding; it is played step by step. */
  readonly fault?: { readonly scenario: Readonly<Record<string, unknown>>; readonly text: string };
}

/** What the actions of one render work with. */
export interface EditorParts {
  readonly t: DesignerT;
  readonly language: string;
  readonly draft: Draft;
  readonly kinds: KindTable;
  readonly readOnly: boolean;
  readonly canvas: RefObject<CanvasHandle | null>;
  readonly pointer: RefObject<{ x: number; y: number } | undefined>;
  readonly selection: ReadonlySet<string>;
  readonly select: Designer['select'];
  readonly connecting: Connecting | undefined;
  readonly setConnecting: (connecting: Connecting | undefined) => void;
  readonly tool: Tool;
  readonly setTool: (tool: Tool) => void;
  readonly setPicker: (picker: Replacing | undefined) => void;
  readonly setRenaming: (id: string | undefined) => void;
  readonly setSuggested: (id: string | undefined) => void;
  readonly setPublishing: (open: boolean) => void;
  /** Groups that are folded away, and folding one. */
  readonly folded: ReadonlySet<string>;
  readonly foldGroup: (id: string, collapsed: boolean) => void;
  readonly setReplacing: (open: boolean) => void;
  readonly setRehearsing: (wish: Rehearsing) => void;
  readonly isFolded: (panel: Panel) => boolean;
  readonly foldPanel: (panel: Panel, folded: boolean) => void;
  readonly toggleStop: (id: string) => boolean;
  readonly togglePin: (id: string) => void;
  readonly setOutline: (change: (open: boolean) => boolean) => void;
  readonly setSearching: (open: boolean) => void;
  readonly nextMatch: (step: 1 | -1) => void;
  readonly nextProblem: (step: 1 | -1) => void;
  /** The connections that lead to the flow fault that is looked at, and the run that shows it. */
  readonly showWay: () => void;
  readonly playFault: () => void;
  readonly tidy: (keep: boolean) => void;
  readonly copy: () => void;
  readonly cut: () => void;
  readonly duplicate: () => void;
}

/** What can be done in the editor. One object for as long as it is open; each act sees the latest render. */
export class Actions implements EditorActions {
  private readonly latest: () => EditorParts;

  constructor(latest: () => EditorParts) {
    this.latest = latest;
  }

  private get parts(): EditorParts {
    return this.latest();
  }

  private get document(): ProcessDocument {
    return this.parts.draft.document;
  }

  private get focused(): string | undefined {
    return focusedNodeOf(this.document, this.parts.selection);
  }

  private name(id: string): string {
    return elementName(this.parts.t, this.parts.kinds, this.parts.language, this.document, id);
  }

  undo = (): void => this.replayed(this.parts.draft.undo(), 'announce.undone');
  redo = (): void => this.replayed(this.parts.draft.redo(), 'announce.redone');

  private replayed(step: ReturnType<Draft['undo']>, key: 'announce.undone' | 'announce.redone'): void {
    if (!step) return;
    const { t, select } = this.parts;
    announce(t(key, { action: labelText(t, step.label) }));
    const known = elementsOf(this.document);
    const focus = step.focus.filter((id) => known.has(id));
    if (focus.length > 0) select(focus, { reveal: true });
  }

  save = (): void => {
    const { draft, t } = this.parts;
    void draft.flush().then(() => {
      const state = draft.view.save;
      if (state.kind === 'saved') notifyDone(t('save.done'));
      else if (state.kind === 'refused') notifyError(state.error);
    });
  };

  publish = (): void => this.parts.setPublishing(true);

  replaceByFile = (): void => this.parts.setReplacing(true);

  /** Makes another process this draft; it can be undone. */
  replaceAll = (process: ProcessDocument): void => {
    const { draft, select, canvas } = this.parts;
    const patches = diffDocuments(draft.document, process);
    draft.run({ key: 'history.import' }, (edited) => applyElementPatches(edited, patches));
    select([]);
    requestAnimationFrame(() => canvas.current?.fit());
  };

  rehearse = (): void => this.parts.setRehearsing({});
  rehearseScenario = (scenario: string): void => this.parts.setRehearsing({ scenario });
  rehearseTo = (): void => {
    const { focused } = this;
    if (focused) this.parts.setRehearsing({ node: focused });
  };

  toggleStop = (): void => {
    const { focused } = this;
    if (!focused) return;
    const { t, toggleStop } = this.parts;
    announce(t(toggleStop(focused) ? 'announce.stop' : 'announce.noStop', { name: this.name(focused) }));
  };
  togglePin = (): void => {
    if (this.focused) this.parts.togglePin(this.focused);
  };

  /** Opens the picker for a step behind what is selected, on the selected connection, or in the middle. */
  addStep = (): void => {
    const { kinds, selection, setPicker, pointer } = this.parts;
    const { document, focused } = this;
    const node = focused ? indexOf(document).nodes.get(focused) : undefined;
    const [only] = selection;
    const anchor = this.anchorOf(focused ?? only) ?? pointer.current ?? { x: 400, y: 200 };
    if (selection.size === 1 && only !== undefined && indexOf(document).flows.has(only)) {
      setPicker({ anchor, flow: only });
    } else if (node && kinds.outputs(node).length > 0) {
      const { flow, from } = placeAfter(document, kinds, node);
      setPicker(flow ? { anchor, flow } : { anchor, from });
    } else setPicker({ anchor });
  };

  /** Adds a step of this kind where the request says, else behind what is selected. Returns its id. */
  addKind = (kindKey: string, request: Partial<PickRequest>): string | undefined => {
    const { draft, kinds, select, t } = this.parts;
    const descriptor = kinds.get(kindKey);
    if (!descriptor) return undefined;
    const base = draft.document;
    const chosen = this.focused ? indexOf(base).nodes.get(this.focused) : undefined;
    let made = '';
    const label = { key: 'history.add', values: { name: descriptorName(t, descriptor) } };
    draft.run(label, (edited) => {
      if (request.flow) {
        made = addNode(edited, kinds, descriptor, [0, 0], null);
        insertOnFlow(edited, kinds, request.flow, made);
      } else if (request.from) {
        const at: Point | undefined = request.at && [snap(request.at[0]), snap(request.at[1])];
        made = appendNode(edited, kinds, descriptor, request.from.node, request.from.port, at);
      } else if (
        !request.at &&
        chosen &&
        kinds.outputs(chosen).length > 0 &&
        descriptor.kind !== 'startEvent'
      ) {
        const after = placeAfter(base, kinds, chosen);
        if (after.flow && descriptor.kind !== 'endEvent') {
          made = addNode(edited, kinds, descriptor, [0, 0], null);
          insertOnFlow(edited, kinds, after.flow, made);
        } else {
          made = appendNode(edited, kinds, descriptor, chosen.id, after.from.port);
        }
      } else {
        const wanted = request.at ?? this.centre();
        // The middle of the new step says which sub-process it is dropped into.
        const middle: Point = [wanted[0] + CARD_WIDTH / 2, wanted[1] + CARD_HEIGHT / 2];
        const scope = request.parent ?? scopeAt(edited, kinds, middle);
        const spot = freeSpot(edited, kinds, wanted, scope);
        made = addNode(edited, kinds, descriptor, spot, scope ?? null);
      }
      if (descriptor.kind === 'approval') {
        setField(edited, made, 'config.outcomes', [
          { name: 'approve', label: t('outcomes.approve'), positive: true },
          { name: 'reject', label: t('outcomes.reject') },
        ]);
      }
      // Where it was dropped, or asked for, is where it is wanted.
      if (request.at) setPlaced(edited, [made], true);
    });
    rememberKind(kindKey);
    if (!made) return undefined;
    select([made], { reveal: true });
    this.askFor(made);
    announce(t('announce.added', { name: descriptorName(t, descriptor) }));
    if (isDestructive(descriptor)) {
      const step = made;
      notifyUndo(
        t('destructive.added', { name: descriptorName(t, descriptor) }),
        t('destructive.takeOut'),
        async () => {
          if (indexOf(draft.document).nodes.has(step))
            draft.run({ key: 'history.fix', values: { fix: t('destructive.takeOut') } }, (edited) =>
              deleteElements(edited, [step], { heal: true }),
            );
        },
      );
    }
    return made;
  };

  startConnecting = (): void => {
    const { kinds, setConnecting, t } = this.parts;
    const { document, focused } = this;
    const node = focused ? indexOf(document).nodes.get(focused) : undefined;
    if (!node || kinds.outputs(node).length === 0) {
      announce(t('refusal.noOutput'));
      return;
    }
    setConnecting({
      from: node.id,
      port: freePort(document, kinds, node),
      to: neighbour(document, kinds, node.id, 'below') ?? node.id,
    });
    announce(t('connect.help', { name: this.name(node.id) }));
  };

  confirm = (): void => {
    const { connecting } = this.parts;
    if (connecting) this.connectTo(connecting.to);
  };

  /** Connects to a step that was pointed at. */
  connectTo = (to: string): void => {
    const { connecting, setConnecting } = this.parts;
    if (!connecting) return;
    this.makeConnection(connecting.from, connecting.port, to);
    setConnecting(undefined);
  };

  makeConnection = (from: string, port: string, to: string): void => {
    const { draft, kinds, select, t } = this.parts;
    const reason = refusal(this.document, kinds, from, to, port);
    if (reason) {
      announce(t(`refusal.${reason}`), { assertive: true });
      notifyError(new Error(t(`refusal.${reason}`)));
      return;
    }
    let made = '';
    draft.run(
      { key: 'history.connect' },
      (edited) => {
        made = connect(edited, from, to, port);
      },
      { focus: [from] },
    );
    announce(t('announce.connected', { from: this.name(from), to: this.name(to) }));
    // A decision's new way out needs a condition next; elsewhere the steps stay in the foreground.
    if (indexOf(draft.document).nodes.get(from)?.kind === 'exclusiveGateway') select([made]);
  };

  leaveMode = (): void => {
    const { connecting, setConnecting, tool, setTool, select } = this.parts;
    if (connecting) setConnecting(undefined);
    else if (tool !== 'select') setTool('select');
    else select([]);
  };

  go: EditorActions['go'] = (direction) => {
    const { kinds, connecting } = this.parts;
    const from = connecting?.to ?? this.focused;
    const target =
      from === undefined ? firstNode(this.document) : neighbour(this.document, kinds, from, direction);
    if (target !== undefined) this.goTo(target);
  };

  /** Selects a node and says what it is; while connecting, makes it the target. */
  goTo = (target: string): void => {
    const { kinds, connecting, setConnecting, canvas, select, t } = this.parts;
    const { document } = this;
    const name = this.name(target);
    if (connecting) {
      setConnecting({ ...connecting, to: target });
      const reason = refusal(document, kinds, connecting.from, target, connecting.port);
      announce(reason ? `${name}. ${t(`refusal.${reason}`)}` : name);
      canvas.current?.reveal(target);
      return;
    }
    select([target], { reveal: true });
    const position = document.nodes.findIndex(({ id }) => id === target) + 1;
    if (position > 0)
      announce(`${name}, ${t('canvas.position', { position, total: document.nodes.length })}`);
  };

  selectStream: EditorActions['selectStream'] = (which) => {
    const { focused, document } = this;
    if (!focused) return;
    const ids = which === 'upstream' ? upstream(document, [focused]) : reachable(document, [focused]);
    this.parts.select(ids);
    announce(this.parts.t('announce.selected', { count: ids.size }));
  };

  nudge: EditorActions['nudge'] = (dx, dy) => {
    if (this.parts.tool === 'room') {
      this.push(dx, dy);
      return;
    }
    this.moveBy(this.parts.selection, [dx, dy], 'move');
  };

  /** Makes room from the selected step on: what is right of it, or below it, moves. */
  private push(dx: number, dy: number): void {
    const { draft, kinds, t } = this.parts;
    const at = this.focused ? positionsOf(kinds, this.document).get(this.focused) : undefined;
    if (!at) {
      announce(t('room.chooseStep'));
      return;
    }
    const axis = dx !== 0 ? 0 : 1;
    draft.run({ key: 'history.room' }, (edited) => makeRoom(edited, kinds, axis, at[axis], dx + dy), {
      merge: `room:${axis}`,
      focus: [this.focused as string],
    });
    announce(t('announce.room'));
  }

  /** Pushes what is beyond a line, as dragged with the tool for it. */
  makeRoom = (axis: 0 | 1, from: number, by: number): void => {
    const { draft, kinds, setTool, t } = this.parts;
    setTool('select');
    if (by === 0) return;
    draft.run({ key: 'history.room' }, (edited) => makeRoom(edited, kinds, axis, from, by));
    announce(t('announce.room'));
  };

  /** Moves nodes, notes, and the nodes of groups. */
  moveBy = (ids: Iterable<string>, [dx, dy]: Point, merge?: string): void => {
    const places = positionsOf(this.parts.kinds, this.document);
    const { nodes, notes } = withMembers(this.document, ids);
    const moved = new Map<string, Point>();
    for (const id of nodes) {
      const at = places.get(id);
      if (at) moved.set(id, [at[0] + dx, at[1] + dy]);
    }
    this.move(moved, notes, [dx, dy], merge);
  };

  /** Dragged nodes have come to their places; selected notes go as far as the nodes did. */
  drop = (drawn: ReadonlyMap<string, Point>, boxes?: ReadonlyMap<string, Point>): void => {
    const places = this.unfolded(drawn, boxes);
    const stored = positionsOf(this.parts.kinds, this.document);
    const [first] = places;
    const from = first && stored.get(first[0]);
    const by: Point = first && from ? [first[1][0] - from[0], first[1][1] - from[1]] : [0, 0];
    const { notes } = withMembers(this.document, this.parts.selection);
    this.move(places, notes, by);
  };

  /** Places of the members of folded groups, which go as far as the boxes that stand for them. */
  private unfolded(
    drawn: ReadonlyMap<string, Point>,
    boxes: ReadonlyMap<string, Point> | undefined,
  ): ReadonlyMap<string, Point> {
    if (![...drawn.keys()].some((id) => this.isGroup(id))) return drawn;
    const stored = positionsOf(this.parts.kinds, this.document);
    const places = new Map<string, Point>();
    for (const [id, at] of drawn) {
      const from = boxes?.get(id);
      if (!this.isGroup(id)) places.set(id, at);
      else if (from) {
        const by: Point = [at[0] - from[0], at[1] - from[1]];
        for (const member of withMembers(this.document, [id]).nodes) {
          const place = stored.get(member);
          if (place) places.set(member, [place[0] + by[0], place[1] + by[1]]);
        }
      }
    }
    return places;
  }

  private move(
    places: ReadonlyMap<string, Point>,
    notes: readonly string[],
    [dx, dy]: Point,
    merge?: string,
  ): void {
    const { draft, kinds, t } = this.parts;
    let held: string[] = [];
    const ids = [...places.keys(), ...notes];
    const label = { key: 'history.move', values: { count: ids.length } };
    draft.run(
      label,
      (edited) => {
        if (places.size > 0) held = moveInto(edited, kinds, places);
        setPlaced(edited, places.keys(), true);
        const listed = draft.document.notes ?? [];
        const put = listed
          .filter(({ id }) => notes.includes(id))
          .map((note): [string, Point] => {
            const { x, y } = noteRect(note);
            return [note.id, [x + dx, y + dy]];
          });
        moveNotes(edited, new Map(put));
      },
      { focus: ids, ...(merge ? { merge: `${merge}:${ids.join(' ')}` } : {}) },
    );
    if (held.length > 0) notifyError(new Error(t('scope.held', { name: this.name(held[0] as string) })));
  }

  openPanel = (): void => this.inPanel('input, textarea');

  /** Gives the focus to the first such element of the panel, which is opened where it was folded away. */
  private inPanel(wanted: string): void {
    const { isFolded, foldPanel } = this.parts;
    const enter = (): void =>
      window.document.querySelector('[data-inspector]')?.querySelector<HTMLElement>(wanted)?.focus();
    if (isFolded('settings')) {
      foldPanel('settings', false);
      requestAnimationFrame(() => requestAnimationFrame(enter));
    } else enter();
  }

  togglePanel: EditorActions['togglePanel'] = (panel) => {
    const { isFolded, foldPanel, canvas, t } = this.parts;
    const away = !isFolded(panel);
    foldPanel(panel, away);
    announce(t(away ? 'announce.panelFolded' : 'announce.panelOpened', { panel: t(`panel.${panel}`) }));
    // Who was in it is in the drawing then, not nowhere.
    if (away)
      requestAnimationFrame(
        () => window.document.activeElement === window.document.body && canvas.current?.focus(),
      );
  };

  rename = (): void => {
    const [only] = this.parts.selection;
    if (only === undefined) return;
    if (!indexOf(this.document).flows.has(only)) this.parts.setRenaming(only);
    else
      window.document.querySelector<HTMLInputElement>('[data-inspector] [data-field="name"] input')?.select();
  };

  selectAll = (): void => {
    const { document } = this;
    this.parts.select([...document.nodes, ...(document.notes ?? [])].map(({ id }) => id));
  };

  copy = (): void => this.parts.copy();

  cut = (): void => this.parts.cut();

  duplicate = (): void => this.parts.duplicate();

  remove: EditorActions['remove'] = (heal) => {
    const { draft, kinds, selection, select, t } = this.parts;
    const ids = [...selection];
    const next = this.focused ? neighbour(this.document, kinds, this.focused, 'previous') : undefined;
    draft.run(
      { key: 'history.delete', values: { count: ids.length } },
      (edited) => deleteElements(edited, ids, { heal }),
      { focus: ids },
    );
    select(next ? [next] : []);
    announce(t('announce.deleted', { count: ids.length }));
  };

  toggleDisabled = (): void => {
    const { draft } = this.parts;
    const { nodes } = withMembers(this.document, this.parts.selection);
    draft.run(
      { key: 'history.disable', values: { count: nodes.length } },
      (edited) => toggleDisabled(edited, nodes),
      { focus: nodes },
    );
  };

  replaceKind = (): void => {
    if (this.focused) this.openReplace(this.focused);
  };

  openReplace = (id: string): void => {
    this.parts.setPicker({ anchor: this.anchorOf(id) ?? { x: 400, y: 200 }, replace: id });
  };

  /** Gives a step another kind. */
  becomeKind = (id: string, kindKey: string): void => {
    const { draft, kinds } = this.parts;
    const descriptor = kinds.get(kindKey);
    if (!descriptor) return;
    draft.run(
      { key: 'history.replace', values: { name: this.name(id) } },
      (edited) => changeKind(edited, kinds, id, descriptor),
      { focus: [id] },
    );
  };

  attach: EditorActions['attach'] = (kind) => {
    const { draft, kinds, select } = this.parts;
    const host = this.focused;
    const descriptor = kinds.get(kind);
    if (!host || !descriptor) return;
    let made = '';
    draft.run(
      { key: 'history.attach', values: { name: this.name(host) } },
      (edited) => {
        made = addBoundary(edited, kinds, host, descriptor);
      },
      { focus: [host] },
    );
    select([made], { reveal: true });
    this.askFor(made);
  };

  /** How long a new timer takes is only suggested: its field is open to be written over. */
  private askFor(made: string): void {
    const timer = indexOf(this.document).nodes.get(made)?.trigger?.timer;
    this.parts.setSuggested(timer ? made : undefined);
  }

  toggleFold = (): void => {
    const [only] = this.parts.selection;
    if (only !== undefined && this.isGroup(only)) {
      this.fold(only, !this.parts.folded.has(only));
      return;
    }
    const node = this.focused ? indexOf(this.document).nodes.get(this.focused) : undefined;
    if (node) this.fold(node.id, isOpen(this.document, node));
  };

  private isGroup(id: string): boolean {
    return this.document.groups?.some((group) => group.id === id) ?? false;
  }

  fold = (id: string, collapsed: boolean): void => {
    const { draft, kinds, t } = this.parts;
    if (this.isGroup(id)) {
      const name = this.document.groups?.find((group) => group.id === id)?.name || t('group.fresh');
      this.parts.foldGroup(id, collapsed);
      announce(t(collapsed ? 'announce.folded' : 'announce.opened', { name }));
      return;
    }
    draft.run(
      { key: collapsed ? 'history.fold' : 'history.open', values: { name: this.name(id) } },
      (edited) => setCollapsed(edited, kinds, id, collapsed),
      { focus: [id] },
    );
  };

  /** A note at the selected step and tied to it, else where the pointer is. */
  addNote = (): void => {
    const { draft, kinds, canvas, pointer, select, setRenaming } = this.parts;
    const { document, focused } = this;
    const node = focused ? indexOf(document).nodes.get(focused) : undefined;
    const place = focused ? positionsOf(kinds, document).get(focused) : undefined;
    const free = pointer.current ? canvas.current?.toCanvas(pointer.current) : undefined;
    const wanted: Point =
      node && place
        ? [place[0], place[1] + drawnGeometry(kinds, document, node).height + 60]
        : (free ?? this.centre());
    let made = '';
    draft.run({ key: 'history.note' }, (edited) => {
      made = addNote(edited, noteSpot(edited, wanted), '', focused);
    });
    select([made], { reveal: true });
    setRenaming(made);
  };

  group = (): void => {
    const { draft, select, setRenaming, t } = this.parts;
    const { nodes } = withMembers(this.document, this.parts.selection);
    let made: string | undefined;
    draft.run({ key: 'history.group' }, (edited) => {
      made = groupNodes(edited, nodes, t('group.fresh'));
    });
    if (made === undefined) return;
    select([made]);
    setRenaming(made);
  };

  ungroup = (): void => {
    const { draft, selection } = this.parts;
    draft.run({ key: 'history.ungroup' }, (edited) => ungroup(edited, selection));
  };

  /** Makes a sub-process of what is selected, or says why that cannot be. */
  extract = (): void => {
    const { draft, kinds, select, setRenaming, t } = this.parts;
    const { nodes } = withMembers(this.document, this.parts.selection);
    const reason = extractRefusal(this.document, nodes);
    if (reason) {
      announce(t(`extract.${reason}`), { assertive: true });
      notifyError(new Error(t(`extract.${reason}`)));
      return;
    }
    const [only] = this.parts.selection;
    const group = this.document.groups?.find(({ id }) => this.parts.selection.size === 1 && id === only);
    let made: string | undefined;
    draft.run(
      { key: 'history.extract', values: { count: nodes.length } },
      (edited) => {
        made = extract(edited, kinds, nodes, group?.name || t('extract.fresh'));
      },
      { focus: nodes },
    );
    if (made === undefined) return;
    select([made], { reveal: true });
    setRenaming(made);
  };

  /** Takes the selected sub-process apart, or says why that cannot be. */
  dissolve = (): void => {
    const { draft, kinds, select, t } = this.parts;
    const id = this.focused;
    if (id === undefined) return;
    const reason = dissolveRefusal(this.document, id);
    if (reason) {
      announce(t(`dissolve.${reason}`), { assertive: true });
      notifyError(new Error(t(`dissolve.${reason}`)));
      return;
    }
    let freed: string[] = [];
    draft.run(
      { key: 'history.dissolve', values: { name: this.name(id) } },
      (edited) => {
        freed = dissolve(edited, kinds, id);
      },
      { focus: [id] },
    );
    select(freed, { reveal: true });
    announce(t('announce.dissolved', { count: freed.length }));
  };

  align: EditorActions['align'] = (to) => {
    const { draft, kinds, selection, t } = this.parts;
    draft.run(
      { key: 'history.align', values: { count: selection.size } },
      (edited) => {
        alignElements(edited, kinds, selection, to);
        setPlaced(edited, selection, true);
      },
      { focus: [...selection] },
    );
    announce(t('announce.aligned'));
  };

  distribute: EditorActions['distribute'] = (axis) => {
    const { draft, kinds, selection, t } = this.parts;
    draft.run(
      { key: 'history.distribute', values: { count: selection.size } },
      (edited) => {
        distributeElements(edited, kinds, selection, axis);
        setPlaced(edited, selection, true);
      },
      { focus: [...selection] },
    );
    announce(t('announce.aligned'));
  };

  showWay = (): void => this.parts.showWay();
  playFault = (): void => this.parts.playFault();

  toggleMap = (): void => {
    const { t } = this.parts;
    announce(t(toggleMap() ? 'announce.mapShown' : 'announce.mapFolded'));
  };

  colour: EditorActions['colour'] = (colour) => {
    const { draft, selection, t } = this.parts;
    const { nodes } = indexOf(this.document);
    const others = [...(this.document.notes ?? []), ...(this.document.groups ?? [])].map(({ id }) => id);
    const ids = [...selection].filter((id) => nodes.has(id) || others.includes(id));
    paint({ run: (...args) => draft.run(...args) }, ids, colour);
    announce(t(`colour.${colour ?? 'none'}`));
  };

  /** The colours of the panel, at the one that is given. */
  chooseColour = (): void =>
    this.inPanel('[data-colours] [aria-pressed="true"]:not(:disabled), [data-colours] button');

  tidy: EditorActions['tidy'] = (keep) => this.parts.tidy(keep);

  togglePlaced = (): void => {
    const { draft, kinds, t } = this.parts;
    const { nodes } = withMembers(this.document, this.parts.selection);
    const placed = !nodes.every((id) => isPlaced(this.document, id));
    const values = { count: nodes.length };
    draft.run(
      { key: placed ? 'history.placed' : 'history.unplaced', values },
      (edited) => {
        pinLayout(edited, kinds);
        setPlaced(edited, nodes, placed);
      },
      { focus: nodes },
    );
    announce(t(placed ? 'announce.placed' : 'announce.unplaced', values));
  };

  switchTool = (tool: Tool): void => {
    const { setTool, t } = this.parts;
    const next = this.parts.tool === tool ? 'select' : tool;
    setTool(next);
    announce(t(`tool.${next}`));
  };

  search = (): void => this.parts.setSearching(true);
  nextMatch: EditorActions['nextMatch'] = (step) => this.parts.nextMatch(step);
  toggleOutline = (): void => this.parts.setOutline((open) => !open);
  problem: EditorActions['problem'] = (step) => this.parts.nextProblem(step);

  zoom: EditorActions['zoom'] = (to) => {
    const handle = this.parts.canvas.current;
    if (to === 'in') handle?.zoomBy(1.25);
    else if (to === 'out') handle?.zoomBy(0.8);
    else if (to === 'reset') handle?.zoomTo(1);
    else if (to === 'read') handle?.read(this.focused);
    else handle?.fit(to === 'selection' ? this.parts.selection : undefined);
  };

  /** Where a popover for an element opens: beside it on the canvas, or at its line of the outline. */
  private anchorOf(id: string | undefined): { x: number; y: number } | undefined {
    if (id === undefined) return undefined;
    const line = window.document.querySelector(`[data-line="${CSS.escape(id)}"]`)?.getBoundingClientRect();
    return line ? { x: line.left + 48, y: line.bottom } : this.parts.canvas.current?.anchorOf(id);
  }

  private centre(): Point {
    return this.parts.canvas.current?.centre() ?? [0, 0];
  }
}
