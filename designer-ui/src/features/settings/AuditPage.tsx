import { Button, Group, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ScrollText } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { auditQuery } from '@/api/queries/settings';
import { formatDateTime } from '@/lib/format';
import { DataTable, EmptyState, ErrorState, Page, PageSkeleton } from '@/ui';
import { changesOf, shortObject } from './auditText';

/** Who did what when; the entries are chained, so that none can be changed or removed unseen. */
export function AuditPage() {
  const { t } = useTranslation(['settings', 'common']);
  const [actor, setActor] = useState<string | null>(null);
  const [action, setAction] = useState('');
  const [object, setObject] = useState('');
  const [filter] = useDebouncedValue(
    { actor: actor ?? '', action: action.trim(), object: object.trim() },
    300,
  );
  const audit = useInfiniteQuery(auditQuery(filter));
  const { data: directory } = useQuery(directoryQuery);
  const items = audit.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = filter.actor !== '' || filter.action !== '' || filter.object !== '';
  return (
    <Page title={t('settings:audit.title')} description={t('settings:audit.text')}>
      <Group gap="sm">
        <Select
          aria-label={t('settings:audit.actor')}
          placeholder={t('settings:audit.actor')}
          clearable
          searchable
          data={(directory?.users ?? []).map((user) => ({ value: user.id, label: user.name }))}
          value={actor}
          onChange={setActor}
        />
        <TextInput
          aria-label={t('settings:audit.action')}
          placeholder={t('settings:audit.action')}
          value={action}
          onChange={(event) => setAction(event.currentTarget.value)}
        />
        <TextInput
          aria-label={t('settings:audit.object')}
          placeholder={t('settings:audit.object')}
          value={object}
          onChange={(event) => setObject(event.currentTarget.value)}
        />
      </Group>
      {audit.error && <ErrorState error={audit.error} onRetry={() => void audit.refetch()} />}
      {audit.isPending && <PageSkeleton />}
      {audit.data && items.length === 0 && (
        <EmptyState
          icon={ScrollText}
          title={t(filtered ? 'settings:audit.noneFiltered' : 'settings:audit.none')}
          action={
            filtered && (
              <Button
                variant="default"
                onClick={() => {
                  setActor(null);
                  setAction('');
                  setObject('');
                }}
              >
                {t('common:action.clearFilters')}
              </Button>
            )
          }
        />
      )}
      {items.length > 0 && (
        <DataTable
          label={t('settings:audit.title')}
          items={items}
          keyOf={(entry) => entry.id}
          columns={[
            { key: 'at', title: t('settings:audit.at'), render: (entry) => formatDateTime(entry.at) },
            {
              key: 'actor',
              title: t('settings:audit.actor'),
              render: (entry) => entry.actorName || entry.actor || t('settings:audit.system'),
            },
            {
              key: 'action',
              title: t('settings:audit.action'),
              render: (entry) => <code>{entry.action}</code>,
            },
            {
              key: 'object',
              title: t('settings:audit.object'),
              render: (entry) => <code title={entry.object}>{shortObject(entry.object)}</code>,
            },
            {
              key: 'summary',
              title: t('settings:audit.summary'),
              render: (entry) => {
                const changes = changesOf(entry);
                // Entries without values say themselves what happened.
                return changes.length > 0
                  ? changes.map((change) => <div key={change}>{change}</div>)
                  : entry.summary !== `${entry.action} ${entry.object}` && entry.summary;
              },
            },
          ]}
        />
      )}
      {audit.hasNextPage && (
        <Button
          variant="default"
          loading={audit.isFetchingNextPage}
          onClick={() => void audit.fetchNextPage()}
        >
          {t('common:action.loadMore')}
        </Button>
      )}
    </Page>
  );
}
