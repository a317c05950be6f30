import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Columns3, Filter, Plus, Search } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { viewsQuery } from '@/features/runs/list/views';
import { formatMoney, formatNumber } from '@/lib/format';
import { Later, later } from '@/lib/later';
import { EmptyState, ErrorState, PageSkeleton, useDocumentTitle } from '@/ui';
import { pipelinesQuery } from '../queries';
import { useRecordRoute } from '../recordRoute';
import { TypeTabs, useTypeNames } from '../TypeTabs';
import type { Company, Contact } from '../types';
import { isParty, type MassBody, type RowPage, rowsQuery, totalsQuery } from './api';
import { printColumns, type Row, type Shown, shownColumns } from './columns';
import { count, parse } from './filter';
import { Grid } from './Grid';
import classes from './Grid.module.css';
import { MassBar } from './MassBar';
import type { MassAction } from './MassModal';
import type { GridSearch } from './search';
import { useColumns } from './useColumns';
import { useEdit } from './useEdit';
import { useWords } from './useWords';
import { Ways } from './Ways';

const TransferMenu = later(
  () => import('@/features/transfer/TransferMenu').then((module) => module.TransferMenu),
  'transfer',
);
const Views = later(() => import('./Views').then((module) => module.Views));
const FilterModal = later(() => import('./FilterModal').then((module) => module.FilterModal));
const ColumnsModal = later(() => import('./ColumnsModal').then((module) => module.ColumnsModal));
const MassModal = later(() => import('./MassModal').then((module) => module.MassModal));
const JobPanel = later(() => import('./JobPanel').then((module) => module.JobPanel));
const NewDealModal = later(() => import('../NewDealModal').then((module) => module.NewDealModal), 'crm');
const PartyModal = later(() => import('../PartyModal').then((module) => module.PartyModal), 'crm');

type Open =
  | { what: 'filter' | 'columns' | 'new' }
  | { what: 'party'; party: Partial<Contact & Company> }
  | { what: 'mass'; action: MassAction; field?: string }
  | { what: 'job'; id: string; title: string };

const none: ReadonlySet<string> = new Set();

/** Records of a type in rows, as the address says: filtered, sorted, with the columns that were chosen. */
export function GridPage() {
  const { type } = useRecordRoute();
  return <TypedGrid key={type} type={type} />;
}

function TypedGrid({ type }: { type: string }) {
  const { t } = useTranslation(['grid', 'crm', 'common']);
  const search = useSearch({ from: '/app/crm/$type/list' });
  const navigate = useNavigate({ from: '/crm/$type/list' });
  const client = useQueryClient();
  const party = isParty(type);
  const title = useTypeNames()(type);
  useDocumentTitle(title);
  const mayEdit = useMay('crm.edit');
  const mayAdd = useMay('crm.add');
  const mayDelete = useMay('crm.delete');
  const columns = useColumns(type);
  const rows = useInfiniteQuery(rowsQuery(type, search));
  const totals = useQuery({ ...totalsQuery(type, search), enabled: rows.data !== undefined });
  const pipelines = useQuery(pipelinesQuery).data?.items;
  const [text, setText] = useState(search.q ?? '');
  const [picked, setPicked] = useState(none);
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState<Open | null>(null);

  const put = useCallback(
    (change: Partial<GridSearch>) => {
      if ('q' in change || 'filter' in change) {
        setPicked(none);
        setAll(false);
      }
      void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
    },
    [navigate],
  );
  const find = useDebouncedCallback((q: string) => put({ q: q || undefined }), 250);

  // Whoever has chosen a view to begin with begins with it, when the address says nothing.
  const views = useQuery(viewsQuery<GridSearch>(`records:${type}`)).data?.items;
  const begun = useRef(Object.keys(search).length > 0);
  useEffect(() => {
    if (!views || begun.current) return;
    begun.current = true;
    const first = views.find((view) => view.first && !view.search.by);
    if (first) {
      setText(first.search.q ?? '');
      void navigate({ search: first.search, replace: true });
    }
  }, [views, navigate]);

  // A view of somebody else may be in an order that is not there for everybody, or is gone with its field.
  useEffect(() => {
    const by = search.sort?.replace(/^-/, '');
    if (by && columns && !columns.some(({ key, sorts }) => key === by && sorts)) put({ sort: undefined });
  }, [search.sort, columns, put]);

  const items = useMemo(() => rows.data?.pages.flatMap((page) => page.items) ?? [], [rows.data]);
  const names = useMemo(
    () => Object.assign({}, ...(rows.data?.pages.map((page) => page.names) ?? [])) as Record<string, string>,
    [rows.data],
  );
  const words = useWords(names);
  const replace = useCallback(
    (row: Row) =>
      client.setQueriesData<{ pages: RowPage[]; pageParams: unknown[] }>(
        { queryKey: ['lists', type, 'rows'] },
        (old) =>
          old && {
            ...old,
            pages: old.pages.map((page) => ({
              ...page,
              names: { ...page.names, ...(row.names as Record<string, string> | undefined) },
              items: page.items.map((one) => (one.id === row.id ? row : one)),
            })),
          },
      ),
    [client, type],
  );
  const edit = useEdit(type, replace, words);
  const colour = useCallback(
    (row: Row) =>
      pipelines
        ?.find((pipeline) => pipeline.id === row.pipelineId)
        ?.stages.find((stage) => stage.id === row.stageId)?.color,
    [pipelines],
  );
  const refresh = () => {
    void client.invalidateQueries({ queryKey: ['lists', type] });
    void client.invalidateQueries({ queryKey: ['board'] });
    setPicked(none);
    setAll(false);
  };
  const select: MassBody['select'] = all
    ? {
        filter: search.filter ? JSON.parse(search.filter) : undefined,
        text: search.q,
        all: !search.filter && !search.q ? true : undefined,
      }
    : { ids: [...picked] };

  const filtered = Boolean(search.q || search.filter);
  const clear = () => {
    setText('');
    put({ q: undefined, filter: undefined });
  };
  if (rows.error) {
    return (
      <ErrorState error={rows.error} onRetry={() => rows.refetch()} onClear={filtered ? clear : undefined} />
    );
  }
  if (!columns || !rows.data) return <PageSkeleton />;
  const shown = shownColumns(search.cols, type, columns);
  const onShown = (next: readonly Shown[]) => put({ cols: printColumns(next, type, columns) });
  const conditions = count(parse(search.filter));
  const pipeline = pipelines?.find((one) => one.type === type);
  // The export has what the list shows, in its order.
  const { q, filter, sort } = search;
  const listed = { ...(q && { q }), ...(filter && { filter }), ...(sort && { sort }) };
  const create = mayAdd && (party || pipeline) && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setOpen({ what: 'new' })}>
      {party
        ? t(type === 'contact' ? 'crm:contacts.new' : 'crm:companies.new')
        : t(type === 'deal' ? 'crm:board.newDeal' : 'crm:board.newRecord')}
    </Button>
  );
  return (
    <div className={classes.page}>
      {!party && <TypeTabs type={type} />}
      <div className={classes.bar}>
        <h1 className={classes.title}>{title}</h1>
        <Ways type={type} here="list" search={{ q, filter }} />
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
          onClick={() => setOpen({ what: 'filter' })}
        >
          {conditions > 0 ? t('filter.active', { count: conditions }) : t('filter.title')}
        </Button>
        {filtered && (
          <Button variant="subtle" size="compact-sm" onClick={clear}>
            {t('common:action.clearFilters')}
          </Button>
        )}
        <Button
          variant="default"
          leftSection={<Columns3 size={16} aria-hidden />}
          onClick={() => setOpen({ what: 'columns' })}
        >
          {t('columns.title')}
        </Button>
        <Later>
          <Views
            type={type}
            search={search}
            onOpen={(next) => {
              if (next.by) return void navigate({ to: '/crm/$type/calendar', search: next });
              setText(next.q ?? '');
              setPicked(none);
              setAll(false);
              void navigate({ search: next, replace: true });
            }}
          />
        </Later>
        <Later>
          <TransferMenu type={type} search={listed} columns={shown.map(({ key }) => key)} />
        </Later>
        {create}
      </div>
      {picked.size > 0 && (
        <MassBar
          picked={picked.size}
          total={totals.data?.count}
          all={all}
          staged={!party}
          mayEdit={mayEdit}
          mayDelete={mayDelete}
          onAll={() => setAll(true)}
          onClear={() => {
            setPicked(none);
            setAll(false);
          }}
          onAct={(action, field) => setOpen({ what: 'mass', action, field })}
        />
      )}
      {items.length === 0 ? (
        <EmptyState
          title={filtered ? t('empty.noHits') : t('empty.title')}
          text={filtered ? t('empty.noHitsText') : t('empty.text')}
          action={
            filtered ? (
              <Button variant="default" onClick={clear}>
                {t('common:action.clearFilters')}
              </Button>
            ) : (
              create
            )
          }
        />
      ) : (
        <>
          <Grid
            label={title}
            type={type}
            rows={items}
            columns={columns}
            shown={shown}
            names={names}
            words={words}
            colour={colour}
            sort={search.sort ?? (party ? 'name' : '-stageSince')}
            picked={picked}
            mayEdit={mayEdit}
            hasMore={rows.hasNextPage && !rows.isFetchingNextPage}
            onMore={rows.fetchNextPage}
            onSort={(sort) => put({ sort })}
            onShown={onShown}
            onPick={(next) => {
              setPicked(next);
              setAll(false);
            }}
            onChange={edit.change}
          />
          <footer className={classes.foot}>
            <strong>
              {totals.data
                ? t('total', { count: totals.data.count, formatted: formatNumber(totals.data.count) })
                : t('counting')}
            </strong>
            {totals.data?.sums
              .filter((sum) => sum.amount !== 0)
              .map((sum) => (
                <span key={sum.currency}>{formatMoney(sum)}</span>
              ))}
            <span className={classes.keys}>{t('keys')}</span>
          </footer>
        </>
      )}
      {edit.dialog}
      <Later>
        {open?.what === 'filter' && (
          <FilterModal
            filter={search.filter}
            columns={columns}
            onClose={() => setOpen(null)}
            onApply={(filter) => {
              put({ filter });
              setOpen(null);
            }}
          />
        )}
        {open?.what === 'columns' && (
          <ColumnsModal
            columns={columns}
            shown={shown}
            onChange={onShown}
            onReset={() => put({ cols: undefined })}
            onClose={() => setOpen(null)}
          />
        )}
        {open?.what === 'mass' && (
          <MassModal
            type={type}
            action={open.action}
            field={open.field}
            columns={columns}
            select={select}
            onClose={() => setOpen(null)}
            onStarted={(job) => setOpen({ what: 'job', id: job.id, title: t(`mass.${open.action}`) })}
          />
        )}
        {open?.what === 'job' && (
          <JobPanel
            key={open.id}
            id={open.id}
            title={open.title}
            onClose={() => setOpen(null)}
            onEnded={refresh}
            onStarted={(job) => setOpen({ what: 'job', id: job.id, title: t('job.takeBack') })}
          />
        )}
        {open?.what === 'new' && !party && pipeline && (
          <NewDealModal opened onClose={() => setOpen(null)} pipeline={pipeline} />
        )}
        {(open?.what === 'party' || (open?.what === 'new' && party)) && (
          <PartyModal
            key={open.what}
            kind={type === 'contact' ? 'contacts' : 'companies'}
            party={open.what === 'party' ? open.party : {}}
            onTake={(known) => setOpen({ what: 'party', party: known })}
            onClose={() => {
              setOpen(null);
              refresh();
            }}
          />
        )}
      </Later>
    </div>
  );
}
