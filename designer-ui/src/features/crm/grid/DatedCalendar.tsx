import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { ActionIcon } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { CalendarDays, Pencil } from 'lucide-react';
import { type CSSProperties, type KeyboardEvent, memo, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import calendar from '@/features/activities/Calendar.module.css';
import { addDays, dayOf, noon } from '@/features/activities/time';
import { formatMoney } from '@/lib/format';
import { EmptyState } from '@/ui';
import type { Stage } from '../types';
import { CellEditor } from './CellEditor';
import type { GridColumn } from './columns';
import classes from './Dated.module.css';
import { type Dated, dayOn, rowOf } from './dated';

type Acts = {
  type: string;
  column: GridColumn;
  movable: boolean;
  stage: (item: Dated) => Stage | undefined;
  onPut: (item: Dated, value: unknown) => void;
  onMove: (item: Dated, day: string) => void;
};

type Props = Acts & {
  week: boolean;
  days: string[];
  /** The month that is looked at: days of others stand back. */
  month: string;
  items: Map<string, Dated[]>;
  onWeek: (day: string) => void;
  onAll: (day: string) => void;
};

/** Records that a day shows of a month and of a week. */
const most = { month: 4, week: 50 };

const nothing: Dated[] = [];

const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** Days side by side with the records that stand on them; arrows walk, and with Alt they move a record. */
export function DatedGrid({ week, days, month, items, ...acts }: Props) {
  const { i18n } = useTranslation();
  const today = dayOf(new Date());
  const grid = useRef<HTMLDivElement>(null);
  const follow = useRef<string | null>(null);
  // Whoever moves a record by keys goes on from where it stands then.
  useEffect(() => {
    const id = follow.current;
    if (!id || items.size === 0) return;
    const chip = grid.current?.querySelector<HTMLElement>(`[data-record="${CSS.escape(id)}"]`);
    if (chip && chip !== document.activeElement) chip.focus();
  }, [items]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = steps[event.key];
    const chip = event.target instanceof HTMLElement ? event.target.closest('[data-record]') : null;
    const cell = chip?.closest<HTMLElement>('[data-day]');
    if (!step || !cell || !chip || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const day = cell.dataset.day ?? '';
    const id = chip.getAttribute('data-record');
    if (event.altKey) {
      const item = items.get(day)?.find((one) => one.id === id);
      if (!item || !acts.movable) return;
      follow.current = item.id;
      acts.onMove(item, addDays(day, step));
      return;
    }
    follow.current = null;
    const cells = [...(grid.current?.querySelectorAll<HTMLElement>('[data-day]') ?? [])];
    const chips = [...cell.querySelectorAll<HTMLElement>('[data-record]')];
    const beside =
      Math.abs(step) === 7 ? chips[chips.indexOf(chip as HTMLElement) + Math.sign(step)] : undefined;
    if (beside) return beside.focus();
    for (let at = cells.indexOf(cell) + step; at >= 0 && at < cells.length; at += step) {
      const found = cells[at]?.querySelectorAll<HTMLElement>('[data-record]');
      const next = found?.[step === -7 ? found.length - 1 : 0];
      if (next) return next.focus();
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the records in it
    <div className={calendar.grid} data-view={week ? 'week' : 'month'} ref={grid} onKeyDown={onKeyDown}>
      {days.slice(0, 7).map((day) => (
        <div key={day} className={calendar.weekday} aria-hidden>
          {noon(day).toLocaleDateString(i18n.language, { weekday: 'short' })}
        </div>
      ))}
      {days.map((day) => (
        <Day
          key={day}
          day={day}
          week={week}
          today={day === today}
          outside={!week && !day.startsWith(month)}
          items={items.get(day) ?? nothing}
          {...acts}
        />
      ))}
    </div>
  );
}

type DayProps = Omit<Props, 'days' | 'month' | 'items'> & {
  day: string;
  today: boolean;
  outside: boolean;
  items: Dated[];
};

function Day({ day, week, today, outside, items, onWeek, onAll, ...acts }: DayProps) {
  const { t, i18n } = useTranslation('grid');
  const { column, movable, onMove } = acts;
  const element = useRef<HTMLElement>(null);
  const [over, setOver] = useState(false);
  useEffect(() => {
    const node = element.current;
    if (!node || !movable) return;
    return dropTargetForElements({
      element: node,
      canDrop: ({ source }) => source.data.type === 'dated',
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: ({ source }) => {
        setOver(false);
        const item = source.data.item as Dated;
        if (dayOn(column, item.at) !== day) onMove(item, day);
      },
    });
  }, [day, column, movable, onMove]);
  const bound = week ? most.week : most.month;
  const shown = items.length <= bound ? items : items.slice(0, bound - 1);
  const name = noon(day).toLocaleDateString(i18n.language, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
  });
  const number = week
    ? noon(day).toLocaleDateString(i18n.language, { day: 'numeric', month: 'short' })
    : Number(day.slice(8));
  const numberClass = `${calendar.number} ${today ? calendar.today : ''}`;
  return (
    <section
      ref={element}
      className={calendar.day}
      data-day={day}
      data-week={week}
      data-outside={outside}
      data-over={over}
      aria-label={name}
    >
      <div className={calendar.dayHead}>
        {week ? (
          <span className={numberClass}>{number}</span>
        ) : (
          <button
            type="button"
            className={numberClass}
            aria-label={t('calendar.showWeek', { day: name })}
            aria-current={today ? 'date' : undefined}
            onClick={() => onWeek(day)}
          >
            {number}
          </button>
        )}
      </div>
      {shown.map((item) => (
        <Chip key={item.id} item={item} week={week} {...acts} />
      ))}
      {shown.length < items.length && (
        <button type="button" className={calendar.more} onClick={() => (week ? onAll(day) : onWeek(day))}>
          {t('calendar.moreOn', { count: items.length - shown.length })}
        </button>
      )}
    </section>
  );
}

const Chip = memo(function Chip({
  item,
  week,
  type,
  column,
  movable,
  stage,
  onPut,
}: Acts & { item: Dated; week: boolean }) {
  const { t, i18n } = useTranslation('grid');
  const element = useRef<HTMLAnchorElement>(null);
  const [dragged, setDragged] = useState(false);
  const [editing, setEditing] = useState(false);
  useEffect(() => {
    const node = element.current;
    if (!node || !movable) return;
    return draggable({
      element: node,
      getInitialData: () => ({ type: 'dated', item }),
      onDragStart: () => setDragged(true),
      onDrop: () => setDragged(false),
    });
  }, [item, movable]);
  const of = stage(item);
  const money = item.amount ? formatMoney({ amount: item.amount, currency: item.currency }) : '';
  const rest = [of?.name, money, item.companyName, item.responsibleName].filter(Boolean).join(' · ');
  const link = (
    <Link
      ref={element}
      to="/crm/$type/$recordId"
      params={{ type: `${type}s`, recordId: item.id }}
      className={`${calendar.chip} ${classes.chip}`}
      style={{ '--chip': of?.color || 'var(--fx-line-control)' } as CSSProperties}
      data-record={item.id}
      data-drag={dragged}
      data-movable={movable}
      title={[item.title, rest].filter(Boolean).join('\n')}
      onKeyDown={(event) => {
        if (event.key !== 'F2' || !movable) return;
        event.preventDefault();
        setEditing(true);
      }}
    >
      {column.type === 'dateTime' && (
        <span className={calendar.clock}>
          {new Date(item.at).toLocaleTimeString(i18n.language, { hour: 'numeric', minute: '2-digit' })}
        </span>
      )}
      <span className={calendar.title}>
        {item.title}
        {week ? (
          rest && <span className={classes.rest}>{rest}</span>
        ) : (
          <span className="fx-visually-hidden">{`, ${of?.name ?? t('calendar.noStage')}`}</span>
        )}
      </span>
    </Link>
  );
  if (!editing) return link;
  return (
    <DateEditor item={item} column={column} onPut={onPut} onClose={() => setEditing(false)}>
      {link}
    </DateEditor>
  );
});

type DateEditorProps = Pick<Acts, 'column' | 'onPut'> & {
  item: Dated;
  children: React.ReactNode;
  onClose: () => void;
};

/** The input of the field over a record, as in the list. */
function DateEditor({ item, column, onPut, children, onClose }: DateEditorProps) {
  return (
    <CellEditor
      row={rowOf(item, column)}
      column={column}
      names={{}}
      onCancel={onClose}
      onDone={(value) => {
        onClose();
        onPut(item, value);
      }}
    >
      {children}
    </CellEditor>
  );
}

/** Day by day, for narrow screens; the date is changed by its input. */
export function DatedAgenda({
  days,
  items,
  ...acts
}: Acts & { days: string[]; items: Map<string, Dated[]> }) {
  const { t, i18n } = useTranslation('grid');
  const today = dayOf(new Date());
  const groups = days.filter((day) => (items.get(day)?.length ?? 0) > 0);
  if (groups.length === 0) return <EmptyState icon={CalendarDays} title={t('calendar.none')} />;
  return groups.map((day) => (
    <section key={day} className={calendar.group}>
      <h2 className={calendar.groupTitle}>
        {day === today && `${t('calendar.today')}, `}
        {noon(day).toLocaleDateString(i18n.language, { weekday: 'long', day: 'numeric', month: 'long' })}
      </h2>
      <ul className={classes.list}>
        {items.get(day)?.map((item) => (
          <AgendaRow key={item.id} item={item} {...acts} />
        ))}
      </ul>
    </section>
  ));
}

function AgendaRow(props: Acts & { item: Dated }) {
  const { item, movable, column, onPut } = props;
  const { t } = useTranslation('grid');
  const [editing, setEditing] = useState(false);
  const pencil = (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={44}
      aria-label={t('calendar.change', { title: item.title })}
      onClick={() => setEditing(true)}
    >
      <Pencil size={16} aria-hidden />
    </ActionIcon>
  );
  return (
    <li className={classes.row}>
      <Chip week {...props} />
      {movable &&
        (editing ? (
          <DateEditor item={item} column={column} onPut={onPut} onClose={() => setEditing(false)}>
            {pencil}
          </DateEditor>
        ) : (
          pencil
        ))}
    </li>
  );
}
