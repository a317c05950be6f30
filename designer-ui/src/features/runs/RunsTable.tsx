import { Anchor, Button, Checkbox, Group, Text } from '@mantine/core';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Page } from '@/api/client';
import type { RunSummary } from '@/api/types';
import { formatDuration } from '@/lib/format';
import { isStaged, recordPath } from '@/lib/records';
import { RelativeTime, StatusBadge, WideTable } from '@/ui';
import { runLook } from './looks';

type RunsTableProps = {
  list: UseInfiniteQueryResult<InfiniteData<Page<RunSummary>>>;
  /** Off on the page of one process, where the name would repeat itself. */
  withDefinition?: boolean;
  /** Given where instances can be selected for a repair. */
  picked?: ReadonlySet<string>;
  onPick?: (picked: ReadonlySet<string>) => void;
};

/** Runs as rows: what, about which record, where it stands, since when. */
export function RunsTable({ list, withDefinition = true, picked, onPick }: RunsTableProps) {
  const { t } = useTranslation(['runs', 'repair', 'common']);
  const runs = list.data?.pages.flatMap((page) => page.items) ?? [];
  const toggle = (id: string, on: boolean) => {
    const next = new Set(picked);
    if (on) next.add(id);
    else next.delete(id);
    onPick?.(next);
  };
  return (
    <>
      <WideTable label={t('list.title')} minWidth={720}>
        <thead>
          <tr>
            {picked && (
              <th>
                <Checkbox
                  aria-label={t('repair:bulk.selectPage')}
                  checked={runs.length > 0 && runs.every((run) => picked.has(run.id))}
                  onChange={(event) =>
                    onPick?.(new Set(event.currentTarget.checked ? runs.map((run) => run.id) : []))
                  }
                />
              </th>
            )}
            <th>{withDefinition ? t('list.process') : t('list.instance')}</th>
            <th>{t('list.record')}</th>
            <th>{t('list.state')}</th>
            <th>{t('list.started')}</th>
            <th>{t('list.duration')}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              {picked && (
                <td data-pick>
                  <Checkbox
                    aria-label={t('repair:bulk.select', { name: run.recordTitle || run.definitionName })}
                    checked={picked.has(run.id)}
                    onChange={(event) => toggle(run.id, event.currentTarget.checked)}
                  />
                </td>
              )}
              <td data-title>
                <Anchor component={Link} to={`/runs/${run.id}`}>
                  {withDefinition ? run.definitionName : t('list.open')}
                </Anchor>
                <Text size="xs" c="dimmed">
                  {t('list.version', { version: run.version })}
                </Text>
              </td>
              <td data-label={t('list.record')}>
                {isStaged(run.recordType) && run.recordId ? (
                  <Anchor component={Link} to={recordPath(run.recordType, run.recordId)}>
                    {run.recordTitle || run.recordId}
                  </Anchor>
                ) : (
                  <span>{run.recordTitle || '–'}</span>
                )}
              </td>
              <td data-label={t('list.state')}>
                <StatusBadge
                  status={runLook(run)}
                  label={
                    run.incidents > 0
                      ? t('state.incidents', { count: run.incidents })
                      : t(`common:runStatus.${run.status}`)
                  }
                />
              </td>
              <td data-label={t('list.started')}>
                <RelativeTime at={run.startedAt} />
                {run.startedByName && (
                  <Text size="xs" c="dimmed">
                    {run.startedByName}
                  </Text>
                )}
              </td>
              <td data-label={t('list.duration')}>
                <span>
                  {formatDuration(
                    new Date(run.endedAt ?? Date.now()).getTime() - new Date(run.startedAt).getTime(),
                  )}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>

      {list.hasNextPage && (
        <Group justify="center">
          <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            {t('common:action.loadMore')}
          </Button>
        </Group>
      )}
    </>
  );
}
