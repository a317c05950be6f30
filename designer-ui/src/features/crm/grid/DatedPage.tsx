import { ActionIcon, Button, Group, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useMediaQuery } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight, Filter, Plus, Search } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import calendar from '@/features/activities/Calendar.module.css';
import { addDays, addMonths, dayOf, daysOf, firstDay, noon } from '@/features/activities/time';
import { useMay } from '@/features/identity/useSession';
import { viewsQuery } from '@/features/runs/list/views';
import { formatDay, formatNumber } from '@/lib/format';
import { Later, later } from '@/lib/later';
import { EmptyState, ErrorState, PageSkeleton, useDocumentTitle } from '@/ui';
import { pipelinesQuery } from '../queries';
import { useRecordRoute } from '../recordRoute';
import { TypeTabs, useTypeNames } from '../TypeTabs';
import type { GridColumn, Row } from './columns';
import { fieldValue } from './columns';
import classes from './Dated.module.css';
import { DatedAgenda, DatedGrid } from './DatedCalendar';
import {
  type Dated,
  datedQuery,
  datesOf,
  dayFilter,
  dayOn,
  onDays,
  type DatedPage as Page,
  putOn,
  rowOf,
} from './dated';
import { count, parse } from './filter';
import grid from './Grid.module.css';
import type { GridSearch } from './search';
import { useColumns } from './useColumns';
import { useEdit } from './useEdit';
import { useWords } from './useWords';
import { Ways } from './Ways';

const Views = later(() => import('./Views').then((module) => module.Views));
const FilterModal = later(() => import('./FilterModal').then((module) => module.FilterModal));
const NewDealModal = later(() => import('../NewDealModal').then((module) => module.NewDealModal));

const noNames = {};

/** Records of a type in a month or a week, where a date of theirs puts them. */
export function DatedPage() {
  const { type } = useRecordRoute();
  const columns = useColumns(type);
  if (!columns) return <PageSkeleton />;
  const dates = datesOf(columns);
  return dates[0] ? (
    <TypedCalendar key={type} type={type} columns={columns} dates={[dates[0], ...dates.slice(1)]} />
  ) : (
    <NoDates type={type} />
  );
}

function NoDates({ type }: { type: string }) {
  const { t } = useTranslation('grid');
  return (
    <div className={grid.page}>
      <TypeTabs type={type} />
      <EmptyState title={t('calendar.noDates')} />
    </div>
  );
}

type TypedProps = { type: string; columns: readonly GridColumn[]; dates: [GridColumn, ...GridColumn[]] };

function TypedCalendar({ type, columns, dates }: TypedProps) {
  const { t, i18n } = useTranslation(['grid', 'crm', 'common']);
  const search = useSearch({ from: '/app/crm/$type/calendar' });
  const navigate = useNavigate({ from: '/crm/$type/calendar' });
  const client = useQueryClient();
  const title = useTypeNames()(type);
  useDocumentTitle(title);
  const mayEdit = useMay('crm.edit');
  const mayAdd = useMay('crm.add');
  const phone = useMediaQuery('(max-width: 48em)') ?? false;
  const pipelines = useQuery(pipelinesQuery).data?.items;
  const [text, setText] = useState(search.q ?? '');
  const [open, setOpen] = useState<'filter' | 'new' | null>(null);
  const column =
    dates.find(({ key }) => key === search.by) ??
    dates.find(({ key }) => key === 'expectedCloseAt') ??
    dates[0];
  const week = search.period === 'week';
  const day = search.day ?? dayOf(new Date());
  const days = useMemo(
    () => daysOf(week ? 'week' : 'month', day, firstDay(i18n.language)),
    [week, day, i18n.language],
  );
  const shown = useQuery(datedQuery(type, search, column, days));
  const items = useMemo(() => onDays(column, shown.data?.items ?? [], days), [column, shown.data, days]);

  const put = useCallback(
    (change: Partial<GridSearch>) =>
      void navigate({ search: (old) => ({ ...old, ...change }), replace: true }),
    [navigate],
  );
  const find = useDebouncedCallback((q: string) => put({ q: q || undefined }), 250);

  // A view to begin with that is a calendar begins the calendar, as one that is a list begins the list.
  const views = useQuery(viewsQuery<GridSearch>(`records:${type}`)).data?.items;
  const begun = useRef(Object.keys(search).length > 0);
  useEffect(() => {
    if (!views || begun.current) return;
    begun.current = true;
    const first = views.find((view) => view.first && view.search.by);
    if (first) {
      setText(first.search.q ?? '');
      void navigate({ search: first.search, replace: true });
    }
  }, [views, navigate]);

  const replace = useCallback(
    (row: Row) => {
      client.setQueriesData<Page>(
        { queryKey: ['lists', type, 'calendar', column.key] },
        (old) =>
          old && {
            ...old,
            items: old.items.map((one) =>
              one.id === row.id
                ? {
                    ...one,
                    rev: row.rev,
                    at: String(fieldValue(row, column) ?? ''),
                    stageId: String(row.stageId),
                  }
                : one,
            ),
          },
      );
      void client.invalidateQueries({ queryKey: ['lists', type] });
    },
    [client, type, column],
  );
  const { change, dialog } = useEdit(type, replace, useWords(noNames));
  const onPut = useCallback(
    (item: Dated, value: unknown) => change(rowOf(item, column), column, value),
    [change, column],
  );
  const onMove = useCallback(
    (item: Dated, to: string) => {
      onPut(item, putOn(column, item.at, to));
      if (!days.includes(to)) put({ day: to });
    },
    [onPut, column, days, put],
  );
  const stage = useCallback(
    (item: Dated) =>
      pipelines?.find(({ id }) => id === item.pipelineId)?.stages.find(({ id }) => id === item.stageId),
    [pipelines],
  );

  const { q, filter } = search;
  const filtered = Boolean(q || filter);
  const clear = () => {
    setText('');
    put({ q: undefined, filter: undefined });
  };
  if (shown.error) {
    return (
      <ErrorState
        error={shown.error}
        onRetry={() => shown.refetch()}
        onClear={filtered ? clear : undefined}
      />
    );
  }
  if (!shown.data) return <PageSkeleton />;
  const listed = { ...(q && { q }), ...(filter && { filter }) };
  const conditions = count(parse(filter));
  const pipeline = pipelines?.find((one) => one.type === type);
  const movable = mayEdit && !column.system;
  const acts = { type, column, movable, stage, onPut, onMove };
  const last = shown.data.items.at(-1);
  const empty = shown.data.items.length === 0;
  const step = (by: number) => put({ day: week ? addDays(day, by * 7) : addMonths(day, by) });
  const heading = week
    ? `${formatDay(noon(days[0] ?? day))} – ${formatDay(noon(days.at(-1) ?? day))}`
    : noon(day).toLocaleDateString(i18n.language, { month: 'long', year: 'numeric' });
  return (
    <div className={grid.page}>
      <TypeTabs type={type} />
      <div className={grid.bar}>
        <h1 className={grid.title}>{title}</h1>
        <Ways type={type} here="calendar" search={listed} />
        <TextInput
          type="search"
          aria-label={t('search')}
          placeholder={t('search')}
          leftSection={<Search size={16} aria-hidden />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            find(event.currentTarget.value.trim());
          }}
        />
        <Button
          variant={conditions > 0 ? 'light' : 'default'}
          leftSection={<Filter size={16} aria-hidden />}
          onClick={() => setOpen('filter')}
        >
          {conditions > 0 ? t('filter.active', { count: conditions }) : t('filter.title')}
        </Button>
        {filtered && (
          <Button variant="subtle" size="compact-sm" onClick={clear}>
            {t('common:action.clearFilters')}
          </Button>
        )}
        <Later>
          <Views
            type={type}
            search={{ ...listed, by: column.key, ...(week && { period: 'week' as const }) }}
            onOpen={(next) => {
              if (!next.by) return void navigate({ to: '/crm/$type/list', search: next });
              setText(next.q ?? '');
              void navigate({ search: next, replace: true });
            }}
          />
        </Later>
        {mayAdd && pipeline && (
          <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setOpen('new')}>
            {t(type === 'deal' ? 'crm:board.newDeal' : 'crm:board.newRecord')}
          </Button>
        )}
      </div>
      <div className={`${calendar.bar} ${classes.when}`}>
        <Group gap={4} wrap="nowrap">
          <Button variant="default" size="compact-md" onClick={() => put({ day: undefined })}>
            {t('calendar.today')}
          </Button>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('calendar.earlier')}
            onClick={() => step(-1)}
          >
            <ChevronLeft size={18} aria-hidden />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" aria-label={t('calendar.later')} onClick={() => step(1)}>
            <ChevronRight size={18} aria-hidden />
          </ActionIcon>
        </Group>
        <h2 className={calendar.when} aria-live="polite">
          {heading}
        </h2>
        <span className={calendar.spacer} />
        <Select
          aria-label={t('calendar.by')}
          w={220}
          allowDeselect={false}
          value={column.key}
          onChange={(by) => put({ by: by ?? undefined })}
          data={dates.map(({ key, label }) => ({ value: key, label }))}
        />
        <SegmentedControl
          aria-label={t('calendar.period')}
          value={week ? 'week' : 'month'}
          onChange={(value) => put({ period: value === 'week' ? 'week' : undefined })}
          data={(['month', 'week'] as const).map((value) => ({ value, label: t(`calendar.${value}`) }))}
        />
      </div>
      <div className={classes.body}>
        {last && shown.data.more && (
          <p className={classes.note} role="status">
            {t('calendar.crowded', {
              formatted: formatNumber(shown.data.items.length),
              day: formatDay(noon(dayOn(column, last.at))),
            })}
          </p>
        )}
        {!phone && (
          <p className={classes.note} role="status">
            {t(
              empty
                ? 'calendar.none'
                : movable
                  ? 'calendar.keys'
                  : column.system
                    ? 'calendar.fixed'
                    : 'calendar.walk',
            )}
          </p>
        )}
        {phone ? (
          <DatedAgenda days={days} items={items} {...acts} />
        ) : (
          <DatedGrid
            week={week}
            days={days}
            month={day.slice(0, 7)}
            items={items}
            onWeek={(of) => put({ day: of, period: 'week' })}
            onAll={(of) =>
              void navigate({
                to: '/crm/$type/list',
                search: { q, filter: dayFilter(filter, column, of) },
              })
            }
            {...acts}
          />
        )}
      </div>
      {dialog}
      <Later>
        {open === 'filter' && (
          <FilterModal
            filter={filter}
            columns={columns}
            onClose={() => setOpen(null)}
            onApply={(next) => {
              put({ filter: next });
              setOpen(null);
            }}
          />
        )}
        {open === 'new' && pipeline && (
          <NewDealModal
            opened
            onClose={() => {
              setOpen(null);
              void client.invalidateQueries({ queryKey: ['lists', type] });
            }}
            pipeline={pipeline}
          />
        )}
      </Later>
    </div>
  );
}
