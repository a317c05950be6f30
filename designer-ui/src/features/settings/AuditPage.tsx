import { Anchor, Button, Group, Select, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ScrollText } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { auditQuery } from '@/api/queries/settings';
import { useTypeNames } from '@/features/crm/TypeTabs';
import { formatDateTime } from '@/lib/format';
import { DataTable, EmptyState, ErrorState, Page, PageSkeleton } from '@/ui';
import { actionText, auditActions, auditObjects, changesOf, objectText, objectTypeText } from './auditText';

/** Who did what when; the entries are chained, so that none can be changed or removed unseen. */
export function AuditPage() {
  const { t, i18n } = useTranslation(['settings', 'common']);
  const [actor, setActor] = useState<string | null>(null);
  const [action, setAction] = useState<string | null>(null);
  const [object, setObject] = useState<string | null>(null);
  const filter = { actor: actor ?? '', action: action ?? '', object: object ?? '' };
  const audit = useInfiniteQuery(auditQuery(filter));
  const { data: directory } = useQuery(directoryQuery);
  const nameOf = useTypeNames();
  const language = i18n.resolvedLanguage ?? 'en';
  const items = audit.data?.pages.flatMap((page) => page.items) ?? [];
  const people = new Map(directory?.users.map((user) => [user.id, user.name]));
  const names = { person: (id: string) => people.get(id), type: nameOf };
  const filtered = filter.actor !== '' || filter.action !== '' || filter.object !== '';
  return (
    <Page title={t('settings:audit.title')} description={t('settings:audit.text')}>
      <Group gap="sm">
        <Select
          aria-label={t('settings:audit.actor')}
          placeholder={t('settings:audit.anyActor')}
          clearable
          searchable
          data={(directory?.users ?? []).map((user) => ({ value: user.id, label: user.name }))}
          value={actor}
          onChange={setActor}
        />
        <Select
          aria-label={t('settings:audit.action')}
          placeholder={t('settings:audit.anyAction')}
          clearable
          searchable
          data={auditActions.map((value) => ({ value, label: actionText(language, value) }))}
          value={action}
          onChange={setAction}
        />
        <Select
          aria-label={t('settings:audit.object')}
          placeholder={t('settings:audit.anyObject')}
          clearable
          searchable
          data={auditObjects
            .map((type) => ({ value: `${type}:`, label: objectTypeText(t, type) }))
            .sort((a, b) => a.label.localeCompare(b.label, language))}
          value={object}
          onChange={setObject}
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
                  setAction(null);
                  setObject(null);
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
            {
              key: 'at',
              title: t('settings:audit.at'),
              render: (entry) => <span style={{ whiteSpace: 'nowrap' }}>{formatDateTime(entry.at)}</span>,
            },
            {
              key: 'actor',
              title: t('settings:audit.actor'),
              render: (entry) => entry.actorName || entry.actor || t('settings:audit.system'),
            },
            {
              key: 'action',
              title: t('settings:audit.action'),
              render: (entry) => <span title={entry.action}>{actionText(language, entry.action)}</span>,
            },
            {
              key: 'object',
              title: t('settings:audit.object'),
              render: (entry) => {
                const { type, name } = objectText(t, entry);
                return (
                  <span title={entry.object}>
                    {name || type}
                    {name && (
                      <Text span size="xs" c="dimmed" display="block">
                        {type}
                      </Text>
                    )}
                  </span>
                );
              },
            },
            {
              key: 'summary',
              title: t('settings:audit.summary'),
              render: (entry) => <Changes all={changesOf(t, entry, names)} />,
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

/** How many changes of an entry are shown before the rest is asked for. */
const first = 4;

function Changes({ all }: { all: readonly string[] }) {
  const { t } = useTranslation('settings');
  const [open, setOpen] = useState(false);
  // One that is alone behind the fold takes no more room than what says so.
  const shown = open || all.length <= first + 1 ? all : all.slice(0, first);
  return (
    <>
      {shown.map((change) => (
        <div key={change} style={{ overflowWrap: 'anywhere' }}>
          {change}
        </div>
      ))}
      {shown.length < all.length && (
        <Anchor component="button" type="button" size="sm" onClick={() => setOpen(true)}>
          {t('audit.more', { count: all.length - shown.length })}
        </Anchor>
      )}
    </>
  );
}
