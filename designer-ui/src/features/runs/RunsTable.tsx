import { Anchor, Button, Group, ScrollArea, Table, Text } from '@mantine/core';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Page } from '@/api/client';
import type { RunSummary } from '@/api/types';
import { formatDuration } from '@/lib/format';
import { RelativeTime, StatusBadge } from '@/ui';
import { runLook } from './looks';

type RunsTableProps = {
  list: UseInfiniteQueryResult<InfiniteData<Page<RunSummary>>>;
  /** Off on the page of one process, where the name would repeat itself. */
  withDefinition?: boolean;
};

/** Runs as rows: what, about which record, where it stands, since when. */
export function RunsTable({ list, withDefinition = true }: RunsTableProps) {
  const { t } = useTranslation(['runs', 'common']);
  const runs = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <ScrollArea type="auto" viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': t('list.title') }}>
        <Table miw={720} highlightOnHover verticalSpacing={8}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{withDefinition ? t('list.process') : t('list.instance')}</Table.Th>
              <Table.Th>{t('list.record')}</Table.Th>
              <Table.Th>{t('list.state')}</Table.Th>
              <Table.Th>{t('list.started')}</Table.Th>
              <Table.Th>{t('list.duration')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {runs.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td>
                  <Anchor component={Link} to={`/runs/${run.id}`}>
                    {withDefinition ? run.definitionName : t('list.open')}
                  </Anchor>
                  <Text size="xs" c="dimmed">
                    {t('list.version', { version: run.version })}
                  </Text>
                </Table.Td>
                <Table.Td>
                  {run.recordType === 'deal' && run.recordId ? (
                    <Anchor component={Link} to={`/crm/deals/${run.recordId}`}>
                      {run.recordTitle || run.recordId}
                    </Anchor>
                  ) : (
                    run.recordTitle || '–'
                  )}
                </Table.Td>
                <Table.Td>
                  <StatusBadge
                    status={runLook(run)}
                    label={
                      run.incidents > 0
                        ? t('state.incidents', { count: run.incidents })
                        : t(`state.${run.status}`)
                    }
                  />
                </Table.Td>
                <Table.Td>
                  <RelativeTime at={run.startedAt} />
                  {run.startedByName && (
                    <Text size="xs" c="dimmed">
                      {run.startedByName}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  {formatDuration(
                    new Date(run.endedAt ?? Date.now()).getTime() - new Date(run.startedAt).getTime(),
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
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
