import { Checkbox } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type CSSProperties, type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Later, later } from '@/lib/later';
import { editable, fieldValue, type GridColumn, isTitle, keptName, type Row, type Shown } from './columns';
import classes from './Grid.module.css';
import { HeadCell } from './HeadCell';
import { useWindow } from './useWindow';

const CellEditor = later(() => import('./CellEditor').then((module) => module.CellEditor));

type GridProps = {
  label: string;
  type: string;
  rows: readonly Row[];
  columns: readonly GridColumn[];
  shown: readonly Shown[];
  names: Record<string, string>;
  words: (column: GridColumn, value: unknown, pipeline?: unknown) => string;
  colour: (row: Row) => string | undefined;
  sort: string | undefined;
  picked: ReadonlySet<string>;
  mayEdit: boolean;
  hasMore: boolean;
  onMore: () => void;
  onSort: (sort: string | undefined) => void;
  onShown: (shown: Shown[]) => void;
  onPick: (ids: ReadonlySet<string>) => void;
  onChange: (row: Row, column: GridColumn, value: unknown) => void;
};

const height = 37;
const check = 40;

/** Rows of records that are only drawn where they are seen; cells are walked with the arrow keys and typed over. */
export function Grid(props: GridProps) {
  const { t } = useTranslation(['grid', 'crm']);
  const { rows, columns, shown, names, words, picked, mayEdit, hasMore, onMore, onPick } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState({ row: 0, col: 0 });
  const [editing, setEditing] = useState(false);
  const wanted = useRef(false);
  const [first, last] = useWindow(frame, height, rows.length);
  useEffect(() => {
    if (hasMore && last >= rows.length - 30) onMore();
  }, [hasMore, last, rows.length, onMore]);

  const cells = useMemo(
    () =>
      shown.flatMap((one) => {
        const column = columns.find((candidate) => candidate.key === one.key);
        return column ? [{ ...one, column }] : [];
      }),
    [shown, columns],
  );
  const template = `${check}px ${cells.map((cell) => `${cell.width}px`).join(' ')} minmax(0, 1fr)`;
  const here = { row: Math.min(at.row, rows.length - 1), col: Math.min(at.col, cells.length - 1) };

  // The cell that the keys went to takes the focus once it is drawn.
  useEffect(() => {
    if (!wanted.current || editing) return;
    const cell = frame.current?.querySelector<HTMLElement>(`[data-cell="${here.row}:${here.col}"]`);
    if (cell) {
      wanted.current = false;
      cell.focus();
    }
  });

  const go = (row: number, col: number) => {
    const next = {
      row: Math.max(0, Math.min(row, rows.length - 1)),
      col: Math.max(0, Math.min(col, cells.length - 1)),
    };
    wanted.current = true;
    setAt(next);
    // The head lies over the rows, so that what is above it is scrolled to by hand.
    const box = frame.current;
    if (!box) return;
    const top = next.row * height;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + 2 * height > box.scrollTop + box.clientHeight)
      box.scrollTop = top + 2 * height - box.clientHeight;
  };
  const canEdit = (row: number, col: number) => {
    const record = rows[row];
    const cell = cells[col];
    return mayEdit && record !== undefined && cell !== undefined && editable(cell.column, record);
  };
  const toggle = (id: string) => {
    const next = new Set(picked);
    if (!next.delete(id)) next.add(id);
    onPick(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (editing) return;
    const page = Math.max(1, Math.floor((frame.current?.clientHeight ?? 400) / height) - 2);
    const steps: Record<string, [number, number]> = {
      ArrowDown: [here.row + (event.ctrlKey ? rows.length : 1), here.col],
      ArrowUp: [here.row - (event.ctrlKey ? rows.length : 1), here.col],
      ArrowRight: [here.row, here.col + 1],
      ArrowLeft: [here.row, here.col - 1],
      Home: [event.ctrlKey ? 0 : here.row, 0],
      End: [event.ctrlKey ? rows.length : here.row, cells.length],
      PageDown: [here.row + page, here.col],
      PageUp: [here.row - page, here.col],
    };
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      go(...step);
    } else if (event.key === 'F2' || event.key === 'Enter') {
      if (event.key === 'Enter' && event.target instanceof HTMLAnchorElement) return;
      if (!canEdit(here.row, here.col)) return;
      event.preventDefault();
      setEditing(true);
    } else if (event.key === ' ') {
      const record = rows[here.row];
      event.preventDefault();
      if (record) toggle(record.id);
    }
  };
  const done = (row: Row, column: GridColumn, value: unknown, next: 0 | 1 | -1) => {
    setEditing(false);
    props.onChange(row, column, value);
    go(here.row, here.col + next);
  };
  const all = rows.length > 0 && rows.every((row) => picked.has(row.id));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table of which only the seen part is drawn.
    <div
      ref={frame}
      className={classes.frame}
      role="grid"
      aria-label={props.label}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-colcount={cells.length + 1}
      aria-multiselectable
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a row of the grid above. */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: its cells take the focus. */}
      <div className={`${classes.row} ${classes.head}`} role="row" style={{ gridTemplateColumns: template }}>
        {/* biome-ignore lint/a11y/useSemanticElements: a cell of the grid above. */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: the box in it takes the focus. */}
        <div className={`${classes.headCell} ${classes.pin}`} role="columnheader">
          <Checkbox
            size="xs"
            aria-label={t('select.page')}
            checked={all}
            indeterminate={!all && picked.size > 0}
            onChange={() => onPick(all ? new Set() : new Set(rows.map((row) => row.id)))}
          />
        </div>
        {cells.map((cell, index) => (
          <HeadCell
            key={cell.key}
            index={index}
            column={cell.column}
            width={cell.width}
            sort={props.sort}
            shown={shown}
            onSort={props.onSort}
            onShown={props.onShown}
            arrow={
              props.sort === cell.key ? (
                <ArrowUp size={14} aria-hidden />
              ) : props.sort === `-${cell.key}` ? (
                <ArrowDown size={14} aria-hidden />
              ) : null
            }
          />
        ))}
      </div>
      <div className={classes.body} style={{ height: rows.length * height }}>
        {rows.slice(first, last).map((row, offset) => {
          const index = first + offset;
          return (
            // biome-ignore lint/a11y/useSemanticElements: a row of the grid above.
            // biome-ignore lint/a11y/useFocusableInteractive: its cells take the focus.
            <div
              key={row.id}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={picked.has(row.id)}
              className={`${classes.row} ${classes.line} ${picked.has(row.id) ? classes.picked : ''}`}
              style={{ gridTemplateColumns: template, transform: `translateY(${index * height}px)` }}
            >
              {/* biome-ignore lint/a11y/useSemanticElements: a cell of the grid above. */}
              {/* biome-ignore lint/a11y/useFocusableInteractive: the box in it takes the focus. */}
              <div className={classes.pin} role="gridcell">
                <Checkbox
                  size="xs"
                  tabIndex={-1}
                  aria-label={t('select.row', { title: String(row.title ?? row.name ?? '') })}
                  checked={picked.has(row.id)}
                  onChange={() => toggle(row.id)}
                />
              </div>
              {cells.map(({ column }, col) => {
                const active = here.row === index && here.col === col;
                const text = keptName(row, column) ?? words(column, fieldValue(row, column), row.pipelineId);
                const cell = (
                  // biome-ignore lint/a11y/useSemanticElements: a cell of the grid above.
                  <div
                    key={column.key}
                    role="gridcell"
                    tabIndex={active ? 0 : -1}
                    data-cell={`${index}:${col}`}
                    aria-readonly={!canEdit(index, col)}
                    className={[
                      classes.cell,
                      (column.type === 'number' || column.type === 'money') && classes.end,
                      active && editing && classes.editing,
                    ]
                      .filter(Boolean)
                      .join(' ')}
                    title={text}
                    onFocus={() => setAt({ row: index, col })}
                    onDoubleClick={() => canEdit(index, col) && setEditing(true)}
                  >
                    <CellText row={row} type={props.type} column={column} text={text} colour={props.colour} />
                  </div>
                );
                return active && editing ? (
                  <Later key={column.key} fallback={cell}>
                    <CellEditor
                      row={row}
                      column={column}
                      names={names}
                      onCancel={() => {
                        setEditing(false);
                        wanted.current = true;
                      }}
                      onDone={(value, next) => done(row, column, value, next)}
                    >
                      {cell}
                    </CellEditor>
                  </Later>
                ) : (
                  cell
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}

type CellTextProps = {
  row: Row;
  type: string;
  column: GridColumn;
  text: string;
  colour: (row: Row) => string | undefined;
};

function CellText({ row, type, column, text, colour }: CellTextProps) {
  if (isTitle(column.key) && row.pipelineId)
    return (
      <Link
        to="/crm/$type/$recordId"
        params={{ type: `${type}s`, recordId: row.id }}
        tabIndex={-1}
        search={{}}
      >
        {text}
      </Link>
    );
  if (column.key === 'stage' && !column.own)
    return (
      <>
        <span
          className={classes.stage}
          style={{ '--stage-color': colour(row) } as CSSProperties}
          aria-hidden
        />
        {text}
      </>
    );
  return text;
}
