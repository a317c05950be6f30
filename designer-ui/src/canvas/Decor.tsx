import { Minus } from 'lucide-react';
import {
  type CSSProperties,
  type KeyboardEvent,
  memo,
  type PointerEvent as ReactPointerEvent,
  useRef,
  useState,
} from 'react';
import { useTranslation } from 'react-i18next';
import { type Rect, snap } from '@/lib/process/geometry';
import type { KindTable } from '@/lib/process/kinds';
import { colourOf, groupFrames, noteRect } from '@/lib/process/notes';
import type { Group, Note, Point, ProcessDocument } from '@/lib/process/types';
import classes from './Decor.module.css';
import { NoteText } from './NoteText';
import type { ViewportHub } from './viewportHub';

interface DecorProps {
  readonly document: ProcessDocument;
  readonly kinds: KindTable;
  readonly rects: ReadonlyMap<string, Rect>;
  readonly hub: ViewportHub;
  readonly selection: ReadonlySet<string>;
  readonly highlight: ReadonlySet<string> | undefined;
  readonly moving: ReadonlyMap<string, Point>;
  /** How far selected notes have been taken along by a drag. */
  readonly shift: Point;
  readonly editable: boolean;
  readonly renaming: string | undefined;
  readonly onSelect: (id: string, toggle: boolean) => void;
  readonly onOpen: (id: string) => void;
  readonly onRenamed: (id: string, text: string | undefined) => void;
  /** A drag in progress of notes and groups; `done` ends it. */
  readonly onDrag: (ids: readonly string[], by: Point, done: boolean) => void;
  readonly onResize: (id: string, size: Point) => void;
  readonly onContextMenu: (id: string, event: React.MouseEvent) => void;
  /** Folds a group away; without it groups are always open. */
  readonly onFold: ((id: string) => void) | undefined;
}

/** The canvas around as it is now: an item that did not change keeps the same one and is not rendered again. */
interface Around {
  readonly now: () => DecorProps;
}

interface ItemProps {
  readonly around: Around;
  readonly rect: Rect;
  readonly colour: string | undefined;
  readonly selected: boolean;
  readonly dim: boolean;
  readonly editable: boolean;
  /** Its name or text is being written. */
  readonly writing: boolean;
}

function styleOf(rect: Rect, colour: string | undefined): CSSProperties {
  return {
    transform: `translate(${rect.x}px, ${rect.y}px)`,
    width: rect.width,
    height: rect.height,
    ...(colour ? { '--colour': `var(--fx-colour-${colour})` } : {}),
  } as CSSProperties;
}

const noteRects = new WeakMap<Note, Rect>();

/** The same rectangle as long as the note stays as it is. */
function restingRect(note: Note): Rect {
  const known = noteRects.get(note);
  if (known) return known;
  const rect = noteRect(note);
  noteRects.set(note, rect);
  return rect;
}

/** Notes and groups: behind everything else, moved by dragging, written in place. */
export function Decor(props: DecorProps) {
  const { document, kinds, rects, selection, highlight, moving, shift, editable, renaming } = props;
  const latest = useRef(props);
  latest.current = props;
  const [around] = useState<Around>(() => ({ now: () => latest.current }));
  const notes = document.notes ?? [];
  const groups = document.groups ?? [];
  if (notes.length === 0 && groups.length === 0) return null;
  const frames = groupFrames(kinds, document, moving);
  const carries = shift[0] !== 0 || shift[1] !== 0;
  const placed = notes.map((note) => {
    const rect = restingRect(note);
    const carried = carries && selection.has(note.id);
    return { note, rect: carried ? { ...rect, x: rect.x + shift[0], y: rect.y + shift[1] } : rect };
  });
  const item = (id: string, rect: Rect) => ({
    around,
    rect,
    colour: colourOf(document, id),
    selected: selection.has(id),
    editable,
    writing: editable && renaming === id,
  });
  return (
    <div className={classes.layer}>
      {groups.map((group) => {
        const frame = frames.get(group.id);
        const dim =
          highlight !== undefined &&
          !highlight.has(group.id) &&
          !group.nodes?.some((id) => highlight.has(id));
        return (
          frame && (
            <GroupView
              key={group.id}
              {...item(group.id, frame)}
              group={group}
              dim={dim}
              folds={props.onFold !== undefined}
            />
          )
        );
      })}
      <svg className={classes.ties} aria-hidden focusable="false">
        {placed.map(({ note, rect }) => {
          const tied = note.node === undefined ? undefined : rects.get(note.node);
          return tied && <Tie key={note.id} from={rect} to={tied} />;
        })}
      </svg>
      {placed.map(({ note, rect }) => (
        <NoteView
          key={note.id}
          {...item(note.id, rect)}
          note={note}
          dim={highlight !== undefined && !highlight.has(note.id)}
        />
      ))}
    </div>
  );
}

/** From middle to middle: what lies over the ends is drawn above. */
const Tie = memo(function Tie({ from, to }: { from: Rect; to: Rect }) {
  return (
    <line
      x1={from.x + from.width / 2}
      y1={from.y + from.height / 2}
      x2={to.x + to.width / 2}
      y2={to.y + to.height / 2}
    />
  );
});

/** Dragging by pointer capture; a press without a move selects. */
function useDrag({ now }: Around, id: string) {
  const start = useRef<{ x: number; y: number; moved: boolean } | undefined>(undefined);
  const by = (event: ReactPointerEvent): Point => {
    const from = start.current ?? { x: event.clientX, y: event.clientY };
    const { zoom } = now().hub.current;
    return [snap((event.clientX - from.x) / zoom), snap((event.clientY - from.y) / zoom)];
  };
  /** A selected note or group takes the whole selection along. */
  const ids = (): string[] => {
    const { selection } = now();
    return selection.has(id) ? [...selection] : [id];
  };
  return {
    onPointerDown: (event: ReactPointerEvent) => {
      if (event.button !== 0 || (event.target as Element).closest('a, textarea, input, [data-resize]'))
        return;
      start.current = { x: event.clientX, y: event.clientY, moved: false };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: ReactPointerEvent) => {
      const from = start.current;
      const { editable, selection, onSelect, onDrag } = now();
      if (!from || !editable) return;
      if (!from.moved && Math.hypot(event.clientX - from.x, event.clientY - from.y) < 3) return;
      if (!from.moved && !selection.has(id)) onSelect(id, false);
      from.moved = true;
      onDrag(ids(), by(event), false);
    },
    onPointerUp: (event: ReactPointerEvent) => {
      const from = start.current;
      const distance = by(event);
      start.current = undefined;
      if (!from) return;
      if (from.moved) now().onDrag(ids(), distance, true);
      else now().onSelect(id, event.shiftKey || event.ctrlKey || event.metaKey);
    },
    onPointerCancel: () => {
      if (start.current?.moved) now().onDrag(ids(), [0, 0], true);
      start.current = undefined;
    },
  };
}

/** Keys of a field that is written in place: they stay in the field. */
function fieldKeys(commit: () => void, cancel: () => void, lines: boolean) {
  return (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Escape') cancel();
    else if (event.key === 'Enter' && (!lines || event.ctrlKey || event.metaKey)) commit();
    else return;
    event.preventDefault();
  };
}

interface NoteProps extends ItemProps {
  readonly note: Note;
}

const NoteView = memo(function NoteView(props: NoteProps) {
  const { around, note, rect, colour, selected, dim, editable, writing } = props;
  const { t } = useTranslation('designer');
  const drag = useDrag(around, note.id);
  const [sized, setSized] = useState<Point>();
  const resizing = useRef<{ x: number; y: number } | undefined>(undefined);
  const shown = sized ? { ...rect, width: sized[0], height: sized[1] } : rect;
  const sizeAt = (event: ReactPointerEvent): Point => {
    const from = resizing.current ?? { x: event.clientX, y: event.clientY };
    const { zoom } = around.now().hub.current;
    return [
      Math.max(100, snap(rect.width + (event.clientX - from.x) / zoom)),
      Math.max(60, snap(rect.height + (event.clientY - from.y) / zoom)),
    ];
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard reaches notes by selection and F2, or in the outline.
    <div
      className={classes.note}
      style={styleOf(shown, colour)}
      data-note={note.id}
      data-selected={selected || undefined}
      data-dim={dim || undefined}
      data-movable={editable || undefined}
      onContextMenu={(event) => around.now().onContextMenu(note.id, event)}
      onDoubleClick={() => around.now().onOpen(note.id)}
      {...drag}
    >
      {writing ? (
        <Writing
          text={note.text}
          label={t('note.text')}
          onDone={(text) => around.now().onRenamed(note.id, text)}
        />
      ) : (
        <div className={classes.text}>
          {note.text.trim() === '' ? (
            <span className={classes.hint}>{t('note.empty')}</span>
          ) : (
            <NoteText text={note.text} />
          )}
        </div>
      )}
      {editable && selected && (
        <button
          type="button"
          tabIndex={-1}
          data-resize
          className={classes.resize}
          aria-label={t('note.resize')}
          onPointerDown={(event) => {
            event.stopPropagation();
            resizing.current = { x: event.clientX, y: event.clientY };
            event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={(event) => resizing.current && setSized(sizeAt(event))}
          onPointerUp={(event) => {
            if (resizing.current) around.now().onResize(note.id, sizeAt(event));
            resizing.current = undefined;
            setSized(undefined);
          }}
        />
      )}
    </div>
  );
});

function Writing(props: { text: string; label: string; onDone: (text: string | undefined) => void }) {
  const [text, setText] = useState(props.text);
  const done = useRef(false);
  const finish = (value: string | undefined): void => {
    if (done.current) return;
    done.current = true;
    props.onDone(value);
  };
  return (
    <textarea
      // biome-ignore lint/a11y/noAutofocus: the person has just asked to write here.
      autoFocus
      className={`${classes.write} nowheel`}
      aria-label={props.label}
      value={text}
      maxLength={10_000}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => finish(text)}
      onKeyDown={fieldKeys(
        () => finish(text),
        () => finish(undefined),
        true,
      )}
    />
  );
}

interface GroupProps extends ItemProps {
  readonly group: Group;
  readonly folds: boolean;
}

const GroupView = memo(function GroupView(props: GroupProps) {
  const { around, group, rect, colour, selected, dim, editable, writing, folds } = props;
  const { t } = useTranslation('designer');
  const drag = useDrag(around, group.id);
  return (
    <div
      className={classes.group}
      style={styleOf(rect, colour)}
      data-group={group.id}
      data-selected={selected || undefined}
      data-dim={dim || undefined}
    >
      {writing ? (
        <NameField
          value={group.name ?? ''}
          label={t('group.name')}
          style={{ transform: 'translate(4px, 2px)' }}
          onDone={(name) => around.now().onRenamed(group.id, name)}
        />
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard reaches groups in the outline and by the palette.
        <span
          className={classes.title}
          data-movable={editable || undefined}
          onContextMenu={(event) => around.now().onContextMenu(group.id, event)}
          onDoubleClick={() => around.now().onOpen(group.id)}
          {...drag}
        >
          {group.name || t('group.fresh')}
          {folds && (
            <button
              type="button"
              tabIndex={-1}
              className={classes.foldGroup}
              aria-label={t('group.fold', { name: group.name || t('group.fresh') })}
              title={t('group.fold', { name: group.name || t('group.fresh') })}
              onPointerDown={(event) => event.stopPropagation()}
              onClick={(event) => {
                event.stopPropagation();
                around.now().onFold?.(group.id);
              }}
            >
              <Minus size={12} aria-hidden />
            </button>
          )}
        </span>
      )}
    </div>
  );
});

interface NameFieldProps {
  readonly value: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly style?: CSSProperties;
  readonly className?: string;
  /** Undefined: left by Esc. */
  readonly onDone: (name: string | undefined) => void;
}

/** A name that is changed in its place: Enter keeps it, Esc leaves it as it was. */
export function NameField({ value, label, placeholder, style, className, onDone }: NameFieldProps) {
  const [name, setName] = useState(value);
  const done = useRef(false);
  const finish = (result: string | undefined): void => {
    if (done.current) return;
    done.current = true;
    onDone(result);
  };
  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the person has just asked to write here.
      autoFocus
      className={className ?? `${classes.name} nodrag nopan`}
      style={style}
      aria-label={label}
      placeholder={placeholder}
      value={name}
      maxLength={200}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setName(event.currentTarget.value)}
      onBlur={() => finish(name)}
      onKeyDown={fieldKeys(
        () => finish(name),
        () => finish(undefined),
        false,
      )}
      onPointerDown={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
    />
  );
}
