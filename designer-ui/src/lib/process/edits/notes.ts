import { indexOf, snapshot, takenIds } from '../document';
import { GRID, snap } from '../geometry';
import { type Colour, NOTE_SIZE_MIN } from '../notes';
import type { Group, Note, Point, ProcessDocument } from '../types';
import { freeId } from './ids';
import { layoutOf } from './place';

/** Notes, groups and colours: what is drawn for people and ignored by runs. */

function noteToEdit(document: ProcessDocument, id: string): Note | undefined {
  const position = snapshot(document).notes?.findIndex((note) => note.id === id) ?? -1;
  return position < 0 ? undefined : document.notes?.[position];
}

function groupToEdit(document: ProcessDocument, id: string): Group | undefined {
  const position = snapshot(document).groups?.findIndex((group) => group.id === id) ?? -1;
  return position < 0 ? undefined : document.groups?.[position];
}

export function addNote(document: ProcessDocument, at: Point, text = '', node?: string): string {
  const taken = takenIds(snapshot(document));
  const note: Note = { id: freeId('note', (id) => taken.has(id)), text, at: [snap(at[0]), snap(at[1])] };
  if (node !== undefined) note.node = node;
  document.notes ??= [];
  document.notes.push(note);
  return note.id;
}

export function setNoteText(document: ProcessDocument, id: string, text: string): void {
  const note = noteToEdit(document, id);
  if (note) note.text = text;
}

export function moveNotes(document: ProcessDocument, places: ReadonlyMap<string, Point>): void {
  for (const [id, [x, y]] of places) {
    const note = noteToEdit(document, id);
    if (note) note.at = [Math.round(x), Math.round(y)];
  }
}

export function resizeNote(document: ProcessDocument, id: string, [width, height]: Point): void {
  const note = noteToEdit(document, id);
  if (!note) return;
  note.size = [Math.max(NOTE_SIZE_MIN[0], Math.round(width)), Math.max(NOTE_SIZE_MIN[1], Math.round(height))];
  note.at ??= [0, 0];
}

/** Ties a note to a node, which the canvas shows by a line; undefined sets it free. */
export function tieNote(document: ProcessDocument, id: string, node: string | undefined): void {
  const note = noteToEdit(document, id);
  if (!note) return;
  if (node === undefined) delete note.node;
  else note.node = node;
}

/** Frames nodes of one scope. A node is in one group at most. */
export function groupNodes(
  document: ProcessDocument,
  ids: Iterable<string>,
  name: string,
): string | undefined {
  const plain = snapshot(document);
  const { nodes } = indexOf(plain);
  const chosen = [...new Set([...ids].map((id) => nodes.get(id)?.attachedTo ?? id))].filter((id) =>
    nodes.has(id),
  );
  if (chosen.length === 0) return undefined;
  const taken = takenIds(plain);
  const id = freeId('group', (candidate) => taken.has(candidate));
  leaveGroups(document, new Set(chosen));
  document.groups ??= [];
  document.groups.push({ id, name, nodes: chosen });
  return id;
}

/** Takes nodes out of their groups; a group without nodes is gone. */
export function leaveGroups(document: ProcessDocument, ids: ReadonlySet<string>): void {
  const groups = snapshot(document).groups;
  if (!groups?.some((group) => group.nodes?.some((node) => ids.has(node)))) return;
  const emptied = new Set<string>();
  for (const { id, nodes = [] } of groups) {
    const left = nodes.filter((node) => !ids.has(node));
    if (left.length === nodes.length) continue;
    if (left.length === 0) emptied.add(id);
    else (groupToEdit(document, id) as Group).nodes = left;
  }
  dropGroups(document, emptied);
}

/** Takes the frames away; the nodes stay. */
export function dropGroups(document: ProcessDocument, ids: ReadonlySet<string>): void {
  const groups = snapshot(document).groups;
  if (!groups?.some(({ id }) => ids.has(id))) return;
  const left = groups.filter(({ id }) => !ids.has(id));
  if (left.length > 0) document.groups = left;
  else delete document.groups;
  for (const id of ids) delete document.layout?.[id];
}

/** Takes frames off: of the given groups, and of the groups that the given nodes are in. */
export function ungroup(document: ProcessDocument, ids: Iterable<string>): void {
  const chosen = new Set(ids);
  const groups = snapshot(document).groups ?? [];
  const doomed = groups.filter(({ id, nodes }) => chosen.has(id) || nodes?.some((node) => chosen.has(node)));
  dropGroups(document, new Set(doomed.map(({ id }) => id)));
}

export function renameGroup(document: ProcessDocument, id: string, name: string): void {
  const group = groupToEdit(document, id);
  if (!group) return;
  if (name === '') delete group.name;
  else group.name = name;
}

/** Colours nodes, notes and groups; undefined takes the colour away. */
export function setColour(
  document: ProcessDocument,
  ids: Iterable<string>,
  colour: Colour | undefined,
): void {
  const layout = layoutOf(document);
  for (const id of ids) {
    const entry = layout[id];
    if (colour !== undefined) layout[id] = { ...entry, color: colour };
    else if (entry) {
      delete entry.color;
      if (Object.keys(entry).length === 0) delete layout[id];
    }
  }
}

/** Removes notes and groups among the ids, and takes deleted nodes out of the groups and off the notes. */
export function forgetDecoration(document: ProcessDocument, doomed: ReadonlySet<string>): void {
  const plain = snapshot(document);
  if (plain.notes?.some((note) => doomed.has(note.id))) {
    const left = plain.notes.filter((note) => !doomed.has(note.id));
    if (left.length > 0) document.notes = left;
    else delete document.notes;
  }
  for (const note of plain.notes ?? []) {
    if (note.node !== undefined && doomed.has(note.node)) tieNote(document, note.id, undefined);
  }
  dropGroups(document, doomed);
  leaveGroups(document, doomed);
}

/** A free place for a note beside its node, or at the wanted place. */
export function noteSpot(document: ProcessDocument, wanted: Point): Point {
  const taken = (snapshot(document).notes ?? []).map((note): Point => note.at ?? [0, 0]);
  let [x, y] = [snap(wanted[0]), snap(wanted[1])];
  while (taken.some(([tx, ty]) => Math.abs(tx - x) < GRID && Math.abs(ty - y) < GRID)) {
    x += GRID;
    y += GRID;
  }
  return [x, y];
}
