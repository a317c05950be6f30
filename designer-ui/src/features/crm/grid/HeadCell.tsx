import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { announce } from '@/lib/live';
import { clamp, type GridColumn, moved, type Shown } from './columns';
import classes from './Grid.module.css';

type HeadCellProps = {
  index: number;
  column: GridColumn;
  width: number;
  sort: string | undefined;
  arrow: ReactNode;
  shown: readonly Shown[];
  onSort: (sort: string | undefined) => void;
  onShown: (shown: Shown[]) => void;
};

const step = 16;

/** Head of a column: sorts, is dragged to its place, and is made wider at its edge. */
export function HeadCell({ index, column, width, sort, arrow, shown, onSort, onShown }: HeadCellProps) {
  const { t } = useTranslation('grid');
  const cell = useRef<HTMLDivElement>(null);
  const [over, setOver] = useState(false);
  const dragging = useRef<{ x: number; width: number } | null>(null);
  const place = useRef({ index, shown, onShown });
  useEffect(() => {
    place.current = { index, shown, onShown };
  });

  useEffect(() => {
    const element = cell.current;
    if (!element) return;
    const stopDrag = draggable({
      element,
      canDrag: ({ input }) => input.clientX < element.getBoundingClientRect().right - 8,
      getInitialData: () => ({ type: 'column', index: place.current.index }),
    });
    const stopDrop = dropTargetForElements({
      element,
      canDrop: ({ source }) => source.data.type === 'column' && source.data.index !== place.current.index,
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: ({ source }) => {
        setOver(false);
        const now = place.current;
        now.onShown(moved(now.shown, source.data.index as number, now.index));
      },
    });
    return () => {
      stopDrag();
      stopDrop();
    };
  }, []);

  const resize = (next: number) =>
    onShown(shown.map((one, at) => (at === index ? { ...one, width: clamp(next) } : one)));
  const onHeadKey = (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return;
    event.preventDefault();
    event.stopPropagation();
    const to = index + (event.key === 'ArrowLeft' ? -1 : 1);
    if (to < 0 || to >= shown.length) return;
    onShown(moved(shown, index, to));
    announce(t('columns.moved', { column: column.label, position: to + 1, total: shown.length }));
  };
  const next = sort === column.key ? `-${column.key}` : sort === `-${column.key}` ? undefined : column.key;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a cell of a grid of which only the seen part is drawn.
    // biome-ignore lint/a11y/useFocusableInteractive: the buttons in it take the focus.
    <div
      ref={cell}
      role="columnheader"
      className={`${classes.headCell} ${over ? classes.over : ''}`}
      aria-sort={arrow ? (sort?.startsWith('-') ? 'descending' : 'ascending') : undefined}
    >
      <button
        type="button"
        className={`${classes.sort} ${arrow ? classes.sorted : ''}`}
        aria-disabled={!column.sorts}
        title={column.why ? t(`why.${column.why}`) : t('columns.hint')}
        onClick={() => column.sorts && onSort(next)}
        onKeyDown={onHeadKey}
      >
        <span>{column.label}</span>
        {arrow}
      </button>
      <button
        type="button"
        className={classes.resize}
        aria-label={t('columns.width', { column: column.label })}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
          event.preventDefault();
          event.stopPropagation();
          resize(width + (event.key === 'ArrowLeft' ? -step : step));
        }}
        onPointerDown={(event) => {
          event.preventDefault();
          event.currentTarget.setPointerCapture(event.pointerId);
          dragging.current = { x: event.clientX, width };
        }}
        onPointerMove={(event) => {
          const from = dragging.current;
          if (from) resize(from.width + event.clientX - from.x);
        }}
        onPointerUp={() => {
          dragging.current = null;
        }}
      />
    </div>
  );
}
