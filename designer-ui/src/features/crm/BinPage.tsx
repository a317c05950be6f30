import { ActionIcon, Button, Group, Select, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { RotateCcw, Search, Settings2, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { formatMoney } from '@/lib/format';
import { Later, later } from '@/lib/later';
import {
  ConfirmDialog,
  EmptyState,
  ErrorState,
  notifyDone,
  notifyError,
  Page,
  PageSkeleton,
  RelativeTime,
} from '@/ui';
import { DataTable } from '@/ui/DataTable';
import { recordTypesQuery } from './ownFields';
import { type BinItem, binQuery, binRuleQuery, eraseRecord, restoreRecord } from './queries';
import { useTypeNames } from './TypeTabs';

const BinRuleDialog = later(() => import('./BinRuleDialog').then((module) => module.BinRuleDialog));

/** What was deleted of a type: found, put back, or erased for good. */
export function BinPage() {
  const { t } = useTranslation(['crm', 'common']);
  const { type = 'deal' } = useSearch({ from: '/app/crm/bin' });
  const navigate = useNavigate({ from: '/crm/bin' });
  const client = useQueryClient();
  const mayEdit = useMay('crm.edit');
  const mayErase = useMay('crm.delete');
  const mayRule = useMay('settings.manage');
  const typeName = useTypeNames();
  const own = useQuery(recordTypesQuery).data?.items.filter((one) => one.own) ?? [];
  const rule = useQuery(binRuleQuery);
  const [text, setText] = useState('');
  const [settled] = useDebouncedValue(text.trim(), 250);
  const list = useInfiniteQuery(binQuery(type, settled));
  const [erasing, setErasing] = useState<BinItem | null>(null);
  const [ruling, setRuling] = useState(false);
  const [busy, setBusy] = useState(false);

  const act = async (what: () => Promise<unknown>, done: string) => {
    setBusy(true);
    try {
      await what();
      notifyDone(done);
    } catch (error) {
      notifyError(error);
    }
    setBusy(false);
    setErasing(null);
    for (const key of ['bin', 'board', 'contacts', 'companies'])
      void client.invalidateQueries({ queryKey: [key] });
  };
  const restore = (item: BinItem) =>
    act(() => restoreRecord(item.type, item.id), t('bin.restored', { title: item.title }));

  if (list.error) return <ErrorState error={list.error} onRetry={() => list.refetch()} />;
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const types = [...(['lead', 'deal', 'quote', 'invoice'] as const), ...own.map((one) => one.key)].map(
    (key) => ({ value: key as string, label: typeName(key) }),
  );
  return (
    <Page
      title={t('bin.title')}
      description={rule.data && t('bin.text', { count: rule.data.days })}
      actions={
        mayRule && (
          <Button
            variant="default"
            leftSection={<Settings2 size={16} aria-hidden />}
            onClick={() => setRuling(true)}
          >
            {t('bin.rule')}
          </Button>
        )
      }
    >
      <Group gap="sm">
        <Select
          aria-label={t('types.label')}
          allowDeselect={false}
          w={{ base: '100%', xs: 200 }}
          data={[
            ...types,
            { value: 'contact', label: t('contacts.title') },
            { value: 'company', label: t('companies.title') },
          ]}
          value={type}
          onChange={(next) => void navigate({ search: { type: next ?? 'deal' }, replace: true })}
        />
        <TextInput
          type="search"
          w={{ base: '100%', xs: 280 }}
          aria-label={t('bin.search')}
          placeholder={t('bin.search')}
          leftSection={<Search size={16} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </Group>
      {list.isPending && <PageSkeleton />}
      {list.data && items.length === 0 && (
        <EmptyState
          icon={Trash2}
          title={settled ? t('party.noHits') : t('bin.none')}
          text={settled ? undefined : t('bin.noneText')}
        />
      )}
      {items.length > 0 && (
        <DataTable<BinItem>
          label={t('bin.title')}
          items={items}
          keyOf={(item) => item.id}
          columns={[
            {
              key: 'title',
              title: t('field.title'),
              bare: true,
              render: (item) => <span style={{ fontWeight: 500 }}>{item.title}</span>,
            },
            { key: 'of', title: t('bin.client'), render: (item) => item.of ?? '–' },
            {
              key: 'amount',
              title: t('field.amount'),
              render: (item) => (item.amount ? formatMoney(item.amount) : '–'),
            },
            {
              key: 'deleted',
              title: t('bin.deleted'),
              render: (item) => (
                <>
                  <RelativeTime at={item.deletedAt} /> · {item.deletedByName || t('story.process')}
                </>
              ),
            },
            {
              key: 'erased',
              title: t('bin.erasedAt'),
              render: (item) => <RelativeTime at={item.erasedAt} />,
            },
            {
              key: 'actions',
              title: t('bin.actions'),
              end: true,
              bare: true,
              render: (item) => (
                <Group gap={4} justify="flex-end" wrap="nowrap">
                  {mayEdit && (
                    <Button
                      variant="default"
                      size="compact-md"
                      disabled={busy}
                      leftSection={<RotateCcw size={14} aria-hidden />}
                      aria-label={t('bin.restoreOne', { title: item.title })}
                      onClick={() => void restore(item)}
                    >
                      {t('bin.restore')}
                    </Button>
                  )}
                  {mayErase && (
                    <Tooltip label={t('bin.erase')}>
                      <ActionIcon
                        variant="subtle"
                        color="red"
                        size={32}
                        aria-label={t('bin.eraseOne', { title: item.title })}
                        onClick={() => setErasing(item)}
                      >
                        <Trash2 size={16} aria-hidden />
                      </ActionIcon>
                    </Tooltip>
                  )}
                </Group>
              ),
            },
          ]}
        />
      )}
      {list.hasNextPage && (
        <Group justify="center">
          <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            {t('common:action.loadMore')}
          </Button>
        </Group>
      )}
      <ConfirmDialog
        opened={erasing !== null}
        onClose={() => setErasing(null)}
        danger
        title={t('bin.eraseOne', { title: erasing?.title ?? '' })}
        text={t('bin.eraseText')}
        confirmLabel={t('bin.erase')}
        busy={busy}
        onConfirm={() => {
          if (erasing)
            void act(() => eraseRecord(erasing.type, erasing.id), t('bin.erased', { title: erasing.title }));
        }}
      />
      <Later>
        {ruling && rule.data && <BinRuleDialog rule={rule.data} onClose={() => setRuling(false)} />}
      </Later>
    </Page>
  );
}
