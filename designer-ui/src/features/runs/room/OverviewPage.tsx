import { Anchor, Button, Group, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Search, Workflow } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Crumbs } from '@/features/shell';
import { formatDuration, formatNumber } from '@/lib/format';
import { EmptyState, ErrorState, Page, PageSkeleton, WideTable } from '@/ui';
import type { Period } from '../search';
import { PeriodChooser } from './PeriodChooser';
import { Sparkline } from './Sparkline';
import { type Statistic, statisticsQuery } from './statistics';

const states = ['active', 'completed', 'canceled', 'failed'] as const;

/** Every process with what its instances did: how many, how long, what went wrong. */
export function OverviewPage() {
  const { t } = useTranslation(['runs', 'room', 'common']);
  const search = useSearch({ from: '/app/runs/processes' });
  const navigate = useNavigate({ from: '/runs/processes' });
  const period: Period = search.period ?? '7d';
  const [text, setText] = useState(search.q ?? '');
  const find = useDebouncedCallback(
    (q: string) => navigate({ search: (old) => ({ ...old, q: q || undefined }), replace: true }),
    250,
  );
  const list = useInfiniteQuery(statisticsQuery(period, search.q ?? ''));
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];

  if (list.error && !list.data) return <ErrorState error={list.error} onRetry={() => list.refetch()} />;
  if (!list.data) return <PageSkeleton />;
  return (
    <>
      <Crumbs above={[{ to: '/runs', label: t('list.title') }]} here={t('room:overview.title')} />
      <Page title={t('room:overview.title')} description={t('room:overview.description')} width="wide">
        <Group gap="sm">
          <PeriodChooser
            value={period}
            onChange={(next) => navigate({ search: (old) => ({ ...old, period: next }), replace: true })}
          />
          <TextInput
            type="search"
            aria-label={t('room:overview.search')}
            placeholder={t('room:overview.search')}
            leftSection={<Search size={16} aria-hidden />}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              find(event.currentTarget.value.trim());
            }}
          />
        </Group>
        {rows.length === 0 ? (
          <EmptyState icon={Workflow} title={search.q ? t('list.noHits') : t('room:overview.none')} />
        ) : (
          <WideTable label={t('room:overview.title')} minWidth={960}>
            <thead>
              <tr>
                <th>{t('list.process')}</th>
                {states.map((state) => (
                  <th key={state}>{t(`state.${state}`)}</th>
                ))}
                <th>{t('state.incident')}</th>
                <th>{t('room:overview.throughput')}</th>
                <th>{t('room:overview.flow')}</th>
                <th>{t('room:overview.median')}</th>
                <th>{t('room:overview.p95')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.key} row={row} period={period} />
              ))}
            </tbody>
          </WideTable>
        )}
        {list.hasNextPage && (
          <Group justify="center">
            <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
              {t('common:action.loadMore')}
            </Button>
          </Group>
        )}
      </Page>
    </>
  );
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function Row({ row, period }: { row: Statistic; period: Period }) {
  const { t } = useTranslation(['runs', 'room']);
  const started = sum(row.started);
  const ended = sum(row.ended);
  return (
    <tr>
      <td>
        <Anchor component={Link} to={`/definitions/${row.key}/runs`}>
          {row.name}
        </Anchor>
      </td>
      {states.map((state) => (
        <td key={state} data-label={t(`state.${state}`)}>
          <Count
            n={row.statuses[state] ?? 0}
            search={{ definition: row.key, state }}
            label={t(`state.${state}`)}
          />
        </td>
      ))}
      <td data-label={t('state.incident')}>
        <Count
          n={row.incidents}
          search={{ definition: row.key, state: 'incident' }}
          label={t('state.incident')}
          alarming
        />
      </td>
      <td data-label={t('room:overview.throughput')}>
        <span>{formatNumber(ended)}</span>
        <Text size="xs" c="dimmed">
          {t(`room:period.${period}`)}
        </Text>
      </td>
      <td data-label={t('room:overview.flow')}>
        <Sparkline
          values={row.ended}
          other={row.started}
          label={t('room:overview.spark', { started, ended })}
        />
      </td>
      <td data-label={t('room:overview.median')}>
        <span>{row.measured > 0 ? formatDuration(row.medianMs) : '–'}</span>
      </td>
      <td data-label={t('room:overview.p95')}>
        <span>{row.measured > 0 ? formatDuration(row.p95Ms) : '–'}</span>
      </td>
    </tr>
  );
}

type CountProps = { n: number; search: Record<string, string>; label: string; alarming?: boolean };

/** A number that leads to the instances it counts. */
function Count({ n, search, label, alarming }: CountProps) {
  if (n === 0) return <span>{formatNumber(0)}</span>;
  return (
    <Anchor
      component={Link}
      to={`/runs?${new URLSearchParams(search)}`}
      aria-label={`${label}: ${formatNumber(n)}`}
      c={alarming ? 'var(--fx-status-failed)' : undefined}
      fw={alarming ? 600 : undefined}
    >
      {formatNumber(n)}
    </Anchor>
  );
}
