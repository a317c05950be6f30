import { ActionIcon, Button, Group, Menu, Modal, SegmentedControl, Select } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { CalendarDays, ChevronLeft, ChevronRight, Plus } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { useUser } from '@/features/identity/useSession';
import { formatDay } from '@/lib/format';
import { announce } from '@/lib/live';
import { EmptyState, ErrorState, notifyDone, notifyError, Page, PageSkeleton } from '@/ui';
import classes from './Activities.module.css';
import type { Plan } from './ActivityDialog';
import { ActivityRow } from './ActivityRow';
import { type Activity, activitiesQuery, activityQuery, changeActivity } from './api';
import calendar from './Calendar.module.css';
import { DayGrid } from './DayGrid';
import { ActivityDialog, CloseDialog } from './dialogs';
import { activityTypes, typeIcons } from './looks';
import { MarkRow } from './MarkRow';
import { calendarKinds, type Mark, marksByDay, useMarks } from './marks';
import type { CalendarSearch } from './search';
import {
  addDays,
  addMonths,
  boundsOf,
  byDay,
  type CalendarView,
  dayOf,
  daysOf,
  firstDay,
  movedTo,
  noon,
} from './time';

const views: readonly CalendarView[] = ['month', 'week', 'list'];

/** What people plan, by month, week or as a list, for oneself, a department or everybody. */
export function CalendarPage() {
  const { t, i18n } = useTranslation(['activities', 'common']);
  const user = useUser();
  const client = useQueryClient();
  const navigate = useNavigate({ from: '/calendar' });
  const search = useSearch({ from: '/app/calendar' });
  const phone = useMediaQuery('(max-width: 48em)') ?? false;
  const view = search.view ?? (phone ? 'list' : 'month');
  const day = search.day ?? dayOf(new Date());
  const who = search.who ?? 'me';
  const go = useCallback(
    (to: CalendarSearch) => void navigate({ search: (old) => ({ ...old, ...to }), replace: true }),
    [navigate],
  );
  const days = useMemo(() => daysOf(view, day, firstDay(i18n.language)), [view, day, i18n.language]);
  const whose =
    who === 'me'
      ? { person: 'me' }
      : who === 'department'
        ? { department: 'mine' }
        : who === 'all'
          ? {}
          : { person: who };
  const shown = useQuery(activitiesQuery({ ...whose, ...boundsOf(days), calendar: true }));
  const late = useQuery(activitiesQuery({ ...whose, overdue: true }));
  const waiting = useQuery({ ...activitiesQuery({ ...whose, status: 'planned' }), enabled: view === 'list' });
  const { data: directory } = useQuery(directoryQuery);
  const hidden = search.hide?.split(',') ?? [];
  const kinds = calendarKinds.filter((kind) => !hidden.includes(kind));
  const marks = useMarks(boundsOf(days), 'person' in whose ? whose.person : undefined, kinds);
  const planned = (activities: Activity[] | undefined) =>
    kinds.includes('activity') ? (activities ?? []) : [];

  const [plan, setPlan] = useState<Plan | null>(null);
  const [edited, setEdited] = useState<Activity | null>(null);
  const [closing, setClosing] = useState<{ activity: Activity; how: 'done' | 'cancellation' } | null>(null);
  const move = useMutation({
    mutationFn: ({ activity, to }: { activity: Activity; to: string }) =>
      changeActivity(activity, movedTo(activity, to) ?? {}),
    onSuccess: (_, { to }) => {
      notifyDone(t('activities:moved', { day: formatDay(noon(to)) }));
      announce(t('activities:moved', { day: formatDay(noon(to)) }));
    },
    onError: notifyError,
    onSettled: () => client.invalidateQueries({ queryKey: ['activities'] }),
  });
  const drop = move.mutate;
  const onMove = useCallback(
    (activity: Activity, to: string) => {
      if (movedTo(activity, to)) drop({ activity, to });
    },
    [drop],
  );

  const step = (by: number) =>
    go({ day: view === 'month' ? addMonths(day, by) : addDays(day, by * (view === 'week' ? 7 : 31)) });
  const begin = (of: string) => {
    const start = noon(of);
    start.setHours(9);
    return +start > Date.now() ? start : undefined;
  };
  const heading =
    view === 'month'
      ? noon(day).toLocaleDateString(i18n.language, { month: 'long', year: 'numeric' })
      : `${formatDay(noon(days[0] ?? day))} – ${formatDay(noon(days.at(-1) ?? day))}`;
  const rows = (activities: Activity[]) => (
    <ul className={classes.list}>
      {activities.map((activity) => (
        <ActivityRow
          key={activity.id}
          activity={activity}
          onEdit={setEdited}
          onClose={(one, how) => setClosing({ activity: one, how })}
        />
      ))}
    </ul>
  );

  return (
    <Page
      title={t('activities:calendar')}
      width="wide"
      actions={
        <Group gap="sm">
          <Button component={Link} to="/calendar/resources" variant="default">
            {t('activities:resources')}
          </Button>
          <Menu position="bottom-end" shadow="md">
            <Menu.Target>
              <Button leftSection={<Plus size={16} aria-hidden />}>{t('activities:add')}</Button>
            </Menu.Target>
            <Menu.Dropdown>
              {activityTypes.map((type) => {
                const Icon = typeIcons[type];
                return (
                  <Menu.Item
                    key={type}
                    leftSection={<Icon size={16} aria-hidden />}
                    onClick={() => setPlan({ type, responsibleId: user.id })}
                  >
                    {t(`activities:type.${type}`)}
                  </Menu.Item>
                );
              })}
            </Menu.Dropdown>
          </Menu>
        </Group>
      }
    >
      <div className={calendar.bar}>
        <Group gap={4} wrap="nowrap">
          <Button variant="default" size="compact-md" onClick={() => go({ day: undefined })}>
            {t('activities:today')}
          </Button>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('activities:earlier')}
            onClick={() => step(-1)}
          >
            <ChevronLeft size={18} aria-hidden />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('activities:later')}
            onClick={() => step(1)}
          >
            <ChevronRight size={18} aria-hidden />
          </ActionIcon>
        </Group>
        <h2 className={calendar.when} aria-live="polite">
          {heading}
        </h2>
        <span className={calendar.spacer} />
        <Select
          aria-label={t('activities:whose')}
          w={220}
          searchable
          allowDeselect={false}
          value={who}
          onChange={(value) => go({ who: value === 'me' ? undefined : (value ?? undefined) })}
          data={[
            { value: 'me', label: t('activities:who.me') },
            { value: 'department', label: t('activities:who.department') },
            { value: 'all', label: t('activities:who.all') },
            ...(directory?.users ?? [])
              .filter(({ id, active }) => active && id !== user.id)
              .map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
        {who === 'me' && (
          <Group gap={4} role="group" aria-label={t('activities:show.label')}>
            {calendarKinds.map((kind) => (
              <Button
                key={kind}
                size="compact-md"
                variant={kinds.includes(kind) ? 'light' : 'default'}
                aria-pressed={kinds.includes(kind)}
                onClick={() => {
                  const hide = kinds.includes(kind)
                    ? [...hidden, kind]
                    : hidden.filter((other) => other !== kind);
                  go({ hide: hide.join(',') || undefined });
                }}
              >
                {t(`activities:show.${kind}`)}
              </Button>
            ))}
          </Group>
        )}
        <SegmentedControl
          aria-label={t('activities:view')}
          value={view}
          onChange={(value) => go({ view: value as CalendarView })}
          data={views.map((value) => ({ value, label: t(`activities:views.${value}`) }))}
        />
      </div>
      {shown.error && <ErrorState error={shown.error} onRetry={() => shown.refetch()} />}
      {!shown.error && !shown.data && <PageSkeleton />}
      {shown.data && view !== 'list' && (
        <DayGrid
          view={view}
          days={days}
          month={day.slice(0, 7)}
          activities={byDay(planned(shown.data), days)}
          marks={marksByDay(marks, days)}
          onMove={onMove}
          onOpen={(activity) => go({ open: activity.id })}
          onDay={(of) => go({ view: 'list', day: of })}
          onPlan={(of) => setPlan({ type: 'meeting', start: begin(of), responsibleId: user.id })}
        />
      )}
      {shown.data && view === 'list' && (
        <Agenda
          days={days}
          shown={planned(shown.data)}
          marks={marks}
          late={planned(late.data)}
          undated={planned(waiting.data).filter(({ start, deadline }) => !start && !deadline)}
          rows={rows}
        />
      )}
      {plan && <ActivityDialog plan={plan} onClose={() => setPlan(null)} />}
      {edited && <ActivityDialog activity={edited} onClose={() => setEdited(null)} />}
      {closing && <CloseDialog {...closing} onClose={() => setClosing(null)} />}
      {search.open && !edited && !closing && (
        <Opened id={search.open} rows={rows} onClose={() => go({ open: undefined })} />
      )}
    </Page>
  );
}

/** One activity by itself, as a click or a notification opens it. */
function Opened(props: {
  id: string;
  rows: (activities: Activity[]) => React.ReactNode;
  onClose: () => void;
}) {
  const { t } = useTranslation(['activities', 'common']);
  const { data, error } = useQuery(activityQuery(props.id));
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={data ? t(`activities:type.${data.type}`) : t('activities:calendar')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      {error && <ErrorState error={error} />}
      {data && props.rows([data])}
    </Modal>
  );
}

type AgendaProps = {
  days: string[];
  shown: Activity[];
  marks: Mark[];
  late: Activity[];
  undated: Activity[];
  rows: (activities: Activity[]) => React.ReactNode;
};

/** Late ones first, then day by day, then what has no date. */
function Agenda({ days, shown, marks, late, undated, rows }: AgendaProps) {
  const { t, i18n } = useTranslation('activities');
  const open = shown.filter(({ overdue }) => !overdue);
  const marked = marksByDay(marks, days);
  const groups = [...byDay(open, days)].filter(
    ([of, activities]) => activities.length + (marked.get(of)?.length ?? 0) > 0,
  );
  if (groups.length + late.length + undated.length === 0)
    return <EmptyState icon={CalendarDays} title={t('empty')} text={t('emptyText')} />;
  const today = dayOf(new Date());
  return (
    <>
      {late.length > 0 && (
        <section className={calendar.group}>
          <h3 className={calendar.groupTitle} data-late>
            {t('late', { count: late.length })}
          </h3>
          {rows(late)}
        </section>
      )}
      {groups.map(([of, activities]) => (
        <section key={of} className={calendar.group}>
          <h3 className={calendar.groupTitle}>
            {of === today && `${t('today')}, `}
            {noon(of).toLocaleDateString(i18n.language, { weekday: 'long', day: 'numeric', month: 'long' })}
          </h3>
          {activities.length > 0 && rows(activities)}
          {(marked.get(of)?.length ?? 0) > 0 && (
            <ul className={classes.list}>
              {marked.get(of)?.map((mark) => (
                <MarkRow key={mark.id} mark={mark} />
              ))}
            </ul>
          )}
        </section>
      ))}
      {undated.length > 0 && (
        <section className={calendar.group}>
          <h3 className={calendar.groupTitle}>{t('undated')}</h3>
          {rows(undated)}
        </section>
      )}
    </>
  );
}
