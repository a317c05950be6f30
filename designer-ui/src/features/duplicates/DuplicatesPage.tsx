import { Button, Card, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { CopyCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type Page as Paged } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { useTypeNames } from '@/features/crm/TypeTabs';
import { useMay } from '@/features/identity/useSession';
import { Crumbs } from '@/features/shell';
import { overviewPath } from '@/lib/records';
import { EmptyState, ErrorState, notifyError, Page, PageSkeleton } from '@/ui';
import { changedByMerging, MergeDialog } from './MergeDialog';
import { type Together, together } from './together';

type Group_ = gen.CrmDuplicateGroup;
const ways = ['email', 'phone', 'taxId', 'name'] as const;

/** Groups of records that agree in an address, a number or a name; each becomes one, or is none. */
export function DuplicatesPage() {
  const { t } = useTranslation(['transfer', 'common']);
  const { type } = useParams({ strict: false }) as { type: string };
  const things = useTypeNames()(type);
  const [by, setBy] = useState('');
  const client = useQueryClient();
  const [merged, setMerged] = useState<gen.CrmMerge | null>(null);
  const list = useInfiniteQuery({
    queryKey: ['duplicates', type, by],
    queryFn: ({ signal, pageParam }) =>
      api.get<Paged<Group_>>(
        `/duplicates/${encodeURIComponent(type)}`,
        { by: by || undefined, limit: 20, cursor: pageParam },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });
  const undo = useMutation({
    mutationFn: (id: string) => api.post<gen.CrmMerge>(`/merges/${encodeURIComponent(id)}/undo`),
    onSuccess: () => {
      setMerged(null);
      void client.invalidateQueries();
    },
    onError: notifyError,
  });
  if (list.error) return <ErrorState error={list.error} onRetry={() => list.refetch()} />;
  if (!list.data) return <PageSkeleton />;
  const sets = together(list.data.pages.flatMap((page) => page.items));
  return (
    <Page title={t('duplicatesTitle', { things })} description={t('duplicatesText')}>
      <Crumbs above={[{ to: overviewPath(type) as '/', label: things }]} here={t('duplicates')} />
      <Group align="end">
        <NativeSelect
          label={t('agree')}
          data={[
            { value: '', label: t('any') },
            ...ways
              .filter((way) => way !== 'taxId' || type === 'company')
              .map((way) => ({ value: way, label: t(`by.${way}`) })),
          ]}
          value={by}
          onChange={(event) => setBy(event.currentTarget.value)}
        />
        {merged && (
          <Button variant="default" loading={undo.isPending} onClick={() => undo.mutate(merged.id)}>
            {t('undo', { title: merged.title })}
          </Button>
        )}
      </Group>
      {sets.length === 0 ? (
        <EmptyState icon={CopyCheck} title={t('noDuplicates')} text={t('noDuplicatesText')} />
      ) : (
        <Stack>
          {sets.map((set) => (
            <SetCard
              key={set.id}
              type={type}
              set={set}
              onMerged={(merge) => {
                setMerged(merge);
                void client.invalidateQueries(changedByMerging);
              }}
            />
          ))}
        </Stack>
      )}
      {list.hasNextPage && (
        <Group justify="center">
          <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            {t('common:action.loadMore')}
          </Button>
        </Group>
      )}
    </Page>
  );
}

type SetCardProps = { type: string; set: Together<Group_>; onMerged: (merge: gen.CrmMerge | null) => void };

function SetCard({ type, set, onMerged }: SetCardProps) {
  const { t } = useTranslation('transfer');
  const mayEdit = useMay('crm.edit');
  const mayDelete = useMay('crm.delete');
  const [merging, setMerging] = useState(false);
  const { groups, records } = set;
  const dismiss = useMutation({
    mutationFn: async () => {
      for (const { key } of groups)
        await api.post(`/duplicates/${encodeURIComponent(type)}/dismiss`, { key });
    },
    // What was dismissed before one was refused is gone, too.
    onSettled: () => onMerged(null),
    onError: notifyError,
  });
  return (
    <Card withBorder>
      <Stack gap="sm">
        <Text fw={600}>{groups.map((group) => `${t(`by.${group.by}`)}: ${group.value}`).join(' · ')}</Text>
        <ul style={{ margin: 0 }}>
          {records.map((record) => (
            <li key={record.id}>{[record.name, record.email, record.phone].filter(Boolean).join(', ')}</li>
          ))}
        </ul>
        {mayEdit && (
          <Group>
            {mayDelete && <Button onClick={() => setMerging(true)}>{t('merge')}</Button>}
            <Button variant="default" loading={dismiss.isPending} onClick={() => dismiss.mutate()}>
              {t('dismiss')}
            </Button>
          </Group>
        )}
      </Stack>
      {merging && (
        <MergeDialog
          type={type}
          ids={records.map(({ id }) => id)}
          onClose={() => setMerging(false)}
          onMerged={(merge) => {
            setMerging(false);
            onMerged(merge);
          }}
        />
      )}
    </Card>
  );
}
