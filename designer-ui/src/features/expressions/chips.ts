import { type EditorState, type Extension, Facet, type Range, RangeSet, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap, WidgetType } from '@codemirror/view';

/** Names the value at a path for a chip; undefined for what has no name. */
export type ChipLabel = (path: string) => { label: string; spoken: string } | undefined;

/** How chips are named at the moment; the text itself never changes by it. */
export const chipLabels = Facet.define<ChipLabel, ChipLabel>({
  combine: (all) => all[0] ?? (() => undefined),
});

const PLACEHOLDER = /\{\{\s*([A-Za-z_]\w*(?:\??\.[A-Za-z_]\w*)*)\s*\}\}/g;

export interface Placed {
  readonly from: number;
  readonly to: number;
  readonly path: string;
}

const SECRET = /\{\{\s*secret\(\s*(?:"([^"\\{}]+)"|'([^'\\{}]+)')\s*\)\s*\}\}/g;

/** Before the id of a secret where the path of a value would stand. */
export const SECRET_PATH = 'secret:';

/** Where a text holds nothing but the path of a value, or a secret, between its braces. */
export function placeholdersOf(text: string): Placed[] {
  const placed = (pattern: RegExp, path: (match: RegExpExecArray) => string): Placed[] =>
    [...text.matchAll(pattern)].map((match) => ({
      from: match.index,
      to: match.index + match[0].length,
      path: path(match),
    }));
  return [
    ...placed(PLACEHOLDER, ([, path]) => path as string),
    ...placed(SECRET, ([, double, single]) => `${SECRET_PATH}${double ?? single}`),
  ].sort((a, b) => a.from - b.from);
}

class Chip extends WidgetType {
  constructor(
    readonly label: string,
    readonly spoken: string,
  ) {
    super();
  }

  override eq(other: Chip): boolean {
    return other.label === this.label && other.spoken === this.spoken;
  }

  override toDOM(): HTMLElement {
    const chip = document.createElement('span');
    chip.className = 'cm-chip';
    chip.textContent = this.label;
    chip.setAttribute('role', 'img');
    chip.setAttribute('aria-label', this.spoken);
    return chip;
  }

  override ignoreEvent(): boolean {
    return false;
  }
}

/** A placeholder in which the cursor stands is being written: it is shown as text. */
function chipsOf(state: EditorState): DecorationSet {
  const name = state.facet(chipLabels);
  const { head } = state.selection.main;
  const chips: Range<Decoration>[] = [];
  for (const { from, to, path } of placeholdersOf(state.doc.toString())) {
    const named = head > from && head < to ? undefined : name(path);
    if (named)
      chips.push(Decoration.replace({ widget: new Chip(named.label, named.spoken) }).range(from, to));
  }
  return RangeSet.of(chips);
}

const field = StateField.define<DecorationSet>({
  create: chipsOf,
  update: (value, transaction) =>
    transaction.docChanged || transaction.selection || transaction.reconfigured
      ? chipsOf(transaction.state)
      : value,
  provide: (self) => [
    EditorView.decorations.from(self),
    EditorView.atomicRanges.of((view) => view.state.field(self)),
  ],
});

/** Opens the chip that the cursor touches, to be edited as text. */
function openChip(view: EditorView): boolean {
  const { head } = view.state.selection.main;
  let inside: number | undefined;
  view.state.field(field).between(head, head, (from, to) => {
    inside = to - 2 > from ? to - 2 : undefined;
  });
  if (inside === undefined) return false;
  view.dispatch({ selection: { anchor: inside } });
  return true;
}

/**
 * Shows values in a template by their names. The text stays what it is: it is what is saved, copied and found. A chip is
 * passed and deleted as one; F2 beside it, or a double click, turns it into its text.
 */
export function chips(): Extension {
  return [
    field,
    keymap.of([{ key: 'F2', run: openChip }]),
    EditorView.domEventHandlers({
      dblclick: (event, view) => {
        const chip = (event.target as Element).closest('.cm-chip');
        if (!chip) return false;
        view.dispatch({ selection: { anchor: view.posAtDOM(chip) } });
        event.preventDefault();
        return openChip(view);
      },
    }),
    EditorView.theme({
      '.cm-chip': {
        display: 'inline-block',
        padding: '0 6px',
        margin: '0 1px',
        borderRadius: '999px',
        fontFamily: 'var(--mantine-font-family)',
        fontSize: '12px',
        lineHeight: '18px',
        color: 'var(--fx-text)',
        backgroundColor: 'color-mix(in srgb, var(--fx-brand) 14%, transparent)',
        border: '1px solid color-mix(in srgb, var(--fx-brand) 45%, transparent)',
        maxWidth: '100%',
        overflow: 'hidden',
        textOverflow: 'ellipsis',
        verticalAlign: 'bottom',
        cursor: 'default',
      },
    }),
  ];
}
