import { isDraft } from 'immer';
import { indexOf } from './document';
import { boundsOf, GRID, positionsOf, type Rect, rectOf } from './geometry';
import type { KindTable } from './kinds';
import { hiddenIn } from './scopes';
import type { Group, Note, Point, ProcessDocument } from './types';

/** Colours that people may give; each has a token of the theme for light and dark. */
export const COLOURS = ['blue', 'teal', 'green', 'amber', 'orange', 'red', 'pink', 'violet', 'grey'] as const;
export type Colour = (typeof COLOURS)[number];

/** The colour of an element; a name that we do not know counts as none. */
export function colourOf(document: Pick<ProcessDocument, 'layout'>, id: string): Colour | undefined {
  const name = document.layout?.[id]?.color;
  return COLOURS.find((colour) => colour === name);
}

export const NOTE_SIZE: Point = [220, 120];
export const NOTE_SIZE_MIN: Point = [100, 60];
export const GROUP_PADDING = { side: GRID, top: 2 * GRID, bottom: GRID + 18 };

export function noteRect(note: Note): Rect {
  const [x, y] = note.at ?? [0, 0];
  const [width, height] = note.size ?? NOTE_SIZE;
  return { x, y, width, height };
}

/** Frames of the groups round what is drawn of their nodes; a group of which nothing is drawn has none. */
export function groupFrames(
  kinds: KindTable,
  document: ProcessDocument,
  moving: ReadonlyMap<string, Point> = new Map(),
): ReadonlyMap<string, Rect> {
  if (!document.groups || document.groups.length === 0) return new Map();
  const known = resting.get(document);
  const still =
    known?.kinds === kinds ? known.frames : framesWith(kinds, document, document.groups, new Map());
  if (still !== known?.frames && !isDraft(document)) resting.set(document, { kinds, frames: still });
  // A drag moves few steps: the frames of the other groups stay.
  const moved = document.groups.filter((group) => group.nodes?.some((id) => moving.has(id)));
  return moved.length === 0 ? still : new Map([...still, ...framesWith(kinds, document, moved, moving)]);
}

/** Frames while nothing moves, by document: one that is drawn does not change. */
const resting = new WeakMap<ProcessDocument, { kinds: KindTable; frames: ReadonlyMap<string, Rect> }>();

function framesWith(
  kinds: KindTable,
  document: ProcessDocument,
  groups: readonly Group[],
  moving: ReadonlyMap<string, Point>,
): ReadonlyMap<string, Rect> {
  const frames = new Map<string, Rect>();
  const { nodes } = indexOf(document);
  const places = positionsOf(kinds, document);
  const hidden = hiddenIn(document);
  for (const group of groups) {
    const rects: Rect[] = [];
    for (const id of group.nodes ?? []) {
      const node = nodes.get(id);
      if (!node || hidden.has(id)) continue;
      rects.push(rectOf(kinds, node, moving.get(id) ?? places.get(id) ?? [0, 0], document));
    }
    if (rects.length === 0) continue;
    const { x, y, width, height } = boundsOf(rects);
    const { side, top, bottom } = GROUP_PADDING;
    frames.set(group.id, { x: x - side, y: y - top, width: width + 2 * side, height: height + top + bottom });
  }
  return frames;
}

/** A piece of a note: text with marks, as the small Markdown that notes know. */
export interface Span {
  readonly text: string;
  readonly bold?: boolean;
  readonly italic?: boolean;
  readonly code?: boolean;
  readonly href?: string;
}

export interface Block {
  readonly kind: 'heading' | 'item' | 'text';
  readonly spans: readonly Span[];
}

const MARKS =
  /\*\*([^*\n]+)\*\*|\*([^*\n]+)\*|_([^_\n]+)_|`([^`\n]+)`|\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)/g;

function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const match of text.matchAll(MARKS)) {
    if (match.index > end) spans.push({ text: text.slice(end, match.index) });
    const [whole, bold, italic, italic2, code, label, href] = match;
    if (bold !== undefined) spans.push({ text: bold, bold: true });
    else if (italic !== undefined || italic2 !== undefined)
      spans.push({ text: (italic ?? italic2) as string, italic: true });
    else if (code !== undefined) spans.push({ text: code, code: true });
    else spans.push({ text: label as string, href: href as string });
    end = match.index + whole.length;
  }
  if (end < text.length) spans.push({ text: text.slice(end) });
  return spans;
}

/** Headings (#), list items (-), bold, italic, code and links to the web; everything else is text as it stands. */
export function blocksOf(text: string): Block[] {
  return text.split('\n').map((line) => {
    const heading = /^#{1,3}\s+(.*)$/.exec(line);
    if (heading) return { kind: 'heading', spans: spansOf(heading[1] as string) };
    const item = /^\s*[-*]\s+(.*)$/.exec(line);
    if (item) return { kind: 'item', spans: spansOf(item[1] as string) };
    return { kind: 'text', spans: spansOf(line) };
  });
}

/** The first words of a note, for lists and announcements. */
export function noteTitle(note: Note): string {
  const line = note.text.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  const plain = blocksOf(line)
    .flatMap((block) => block.spans)
    .map((span) => span.text)
    .join('');
  return plain.length > 60 ? `${plain.slice(0, 59)}…` : plain;
}
