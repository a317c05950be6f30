import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { ActionIcon } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { type CSSProperties, memo, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Activity } from './api';
import classes from './Calendar.module.css';
import { tint } from './looks';
import { markIcons, useClock } from './MarkRow';
import { entriesOf, type Mark } from './marks';
import { dayOf, momentOf, noon } from './time';

type Props = {
  view: 'month' | 'week';
  days: string[];
  /** The month that is looked at: days of others stand back. */
  month: string;
  activities: Map<string, Activity[]>;
  marks: Map<string, Mark[]>;
  onMove: (activity: Activity, day: string) => void;
  onOpen: (activity: Activity) => void;
  onDay: (day: string) => void;
  onPlan: (day: string) => void;
};

/** How many activities a day of a month shows before it offers the rest. */
const shownMost = 3;

/** Days side by side; what may be edited is dragged to another day. */
export function DayGrid({ view, days, month, activities, marks, ...acts }: Props) {
  const { i18n } = useTranslation();
  const today = dayOf(new Date());
  return (
    <div className={classes.grid} data-view={view}>
      {days.slice(0, 7).map((day) => (
        <div key={day} className={classes.weekday} aria-hidden>
          {noon(day).toLocaleDateString(i18n.language, { weekday: 'short' })}
        </div>
      ))}
      {days.map((day) => (
        <Day
          key={day}
          day={day}
          week={view === 'week'}
          today={day === today}
          outside={view === 'month' && !day.startsWith(month)}
          activities={activities.get(day) ?? none}
          marks={marks.get(day) ?? noMarks}
          {...acts}
        />
      ))}
    </div>
  );
}

const none: Activity[] = [];
const noMarks: Mark[] = [];

type DayProps = Pick<Props, 'onMove' | 'onOpen' | 'onDay' | 'onPlan'> & {
  day: string;
  week: boolean;
  today: boolean;
  outside: boolean;
  activities: Activity[];
  marks: Mark[];
};

function Day({ day, week, today, outside, activities, marks, onMove, onOpen, onDay, onPlan }: DayProps) {
  const { t, i18n } = useTranslation('activities');
  const element = useRef<HTMLElement>(null);
  const [over, setOver] = useState(false);
  useEffect(() => {
    const node = element.current;
    if (!node) return;
    return dropTargetForElements({
      element: node,
      canDrop: ({ source }) => source.data.type === 'activity',
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: ({ source }) => {
        setOver(false);
        onMove(source.data.activity as Activity, day);
      },
    });
  }, [day, onMove]);
  const entries = entriesOf(activities, marks);
  const shown = week || entries.length <= shownMost ? entries : entries.slice(0, shownMost - 1);
  const name = noon(day).toLocaleDateString(i18n.language, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
  });
  return (
    <section
      ref={element}
      className={classes.day}
      data-day={day}
      data-week={week}
      data-outside={outside}
      data-over={over}
      aria-label={name}
    >
      <div className={classes.dayHead}>
        <button
          type="button"
          className={`${classes.number} ${today ? classes.today : ''}`}
          aria-label={t('showDay', { day: name })}
          aria-current={today ? 'date' : undefined}
          onClick={() => onDay(day)}
        >
          {week
            ? noon(day).toLocaleDateString(i18n.language, { day: 'numeric', month: 'short' })
            : Number(day.slice(8))}
        </button>
        <ActionIcon
          size={24}
          variant="subtle"
          color="gray"
          aria-label={t('planOn', { day: name })}
          onClick={() => onPlan(day)}
        >
          <Plus size={14} aria-hidden />
        </ActionIcon>
      </div>
      {shown.map(({ activity, mark }) =>
        mark ? (
          <MarkChip key={mark.id} mark={mark} />
        ) : (
          <Chip key={activity.id} activity={activity} day={day} onOpen={onOpen} />
        ),
      )}
      {shown.length < entries.length && (
        <button type="button" className={classes.more} onClick={() => onDay(day)}>
          {t('moreOn', { count: entries.length - shown.length })}
        </button>
      )}
    </section>
  );
}

type ChipProps = { activity: Activity; day: string; onOpen: (activity: Activity) => void };

const Chip = memo(function Chip({ activity, day, onOpen }: ChipProps) {
  const { t, i18n } = useTranslation('activities');
  const element = useRef<HTMLButtonElement>(null);
  const [dragged, setDragged] = useState(false);
  const movable = activity.canEdit && activity.status === 'planned';
  useEffect(() => {
    const node = element.current;
    if (!node || !movable) return;
    return draggable({
      element: node,
      getInitialData: () => ({ type: 'activity', activity }),
      onDragStart: () => setDragged(true),
      onDrop: () => setDragged(false),
    });
  }, [activity, movable]);
  const moment = momentOf(activity) ?? '';
  const clock =
    dayOf(moment) === day
      ? new Date(moment).toLocaleTimeString(i18n.language, { hour: 'numeric', minute: '2-digit' })
      : '…';
  return (
    <button
      ref={element}
      type="button"
      className={classes.chip}
      style={{ '--chip': tint(activity.color) } as CSSProperties}
      data-drag={dragged}
      data-movable={movable}
      data-ended={activity.status !== 'planned'}
      data-overdue={activity.overdue}
      title={activity.title}
      onClick={() => onOpen(activity)}
    >
      <span className={classes.clock}>{clock}</span> <span className={classes.title}>{activity.title}</span>
      <span className="fx-visually-hidden">
        {`, ${[
          t(`type.${activity.type}`),
          activity.overdue && t('overdue'),
          activity.names[activity.responsibleId],
        ]
          .filter(Boolean)
          .join(', ')}`}
      </span>
    </button>
  );
});

function MarkChip({ mark }: { mark: Mark }) {
  const { t } = useTranslation('activities');
  const clock = useClock();
  const Icon = markIcons[mark.kind];
  return (
    <Link
      to={mark.to}
      className={`${classes.chip} ${classes.mark}`}
      data-overdue={mark.late}
      title={[mark.title, mark.detail].filter(Boolean).join(' · ')}
    >
      <Icon size={12} aria-hidden className={classes.markIcon} />
      <span className={classes.clock}>{clock(mark.at)}</span>
      <span className={classes.title}>{mark.title}</span>
      <span className="fx-visually-hidden">
        {`, ${[t(`show.${mark.kind}`), mark.late && t('overdue'), mark.detail].filter(Boolean).join(', ')}`}
      </span>
    </Link>
  );
}
