import { Button, Group, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Ban, Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type Page as Listed } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { fieldErrors } from '@/features/crm/fields';
import { useMay } from '@/features/identity/useSession';
import { formatNumber } from '@/lib/format';
import {
  ConfirmDialog,
  EmptyState,
  ErrorState,
  errorText,
  notifyDone,
  notifyError,
  Page,
  PageSkeleton,
  RelativeTime,
} from '@/ui';
import { DataTable } from '@/ui/DataTable';
import { RowActions } from './RowActions';

type Exception = gen.CrmException;

/** Addresses and numbers from which no mail and no call makes anything in the CRM. */
export function ExceptionsPage() {
  const { t } = useTranslation(['settings', 'common', 'crm']);
  const client = useQueryClient();
  const mayEdit = useMay('crm.edit');
  const list = useInfiniteQuery({
    queryKey: ['exceptions'],
    queryFn: ({ signal, pageParam }) =>
      api.get<Listed<Exception>>('/exceptions', { cursor: pageParam, limit: 100 }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || null,
  });
  const [value, setValue] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [removing, setRemoving] = useState<Exception | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: ['exceptions'] });

  const add = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const added = await api.post<Exception>('/exceptions', { value: value.trim() });
      notifyDone(t('crm:exceptions.added', { values: added.value }));
      setValue('');
      await refresh();
    } catch (failed) {
      setError(fieldErrors(failed).value ?? errorText(failed).title);
    }
    setBusy(false);
  };
  const remove = async (one: Exception) => {
    setRemoving(null);
    try {
      await api.delete(`/exceptions/${encodeURIComponent(one.id)}`);
      notifyDone(t('exceptions.removed', { value: one.value }));
    } catch (failed) {
      notifyError(failed);
    }
    await refresh();
  };

  if (list.error) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data) return <PageSkeleton />;
  const items = list.data.pages.flatMap((page) => page.items);
  return (
    <Page title={t('exceptions.title')} description={t('exceptions.text')}>
      {mayEdit && (
        <form onSubmit={add}>
          <Group gap="sm" align="flex-start">
            <TextInput
              w={320}
              maxLength={320}
              aria-label={t('exceptions.value')}
              placeholder={t('exceptions.value')}
              value={value}
              error={error}
              onChange={(event) => setValue(event.currentTarget.value)}
            />
            <Button
              type="submit"
              loading={busy}
              disabled={value.trim() === ''}
              leftSection={<Plus size={16} aria-hidden />}
            >
              {t('exceptions.add')}
            </Button>
          </Group>
        </form>
      )}
      {items.length === 0 ? (
        <EmptyState icon={Ban} title={t('exceptions.none')} text={t('exceptions.noneText')} />
      ) : (
        <DataTable<Exception>
          label={t('exceptions.title')}
          items={items}
          keyOf={(one) => one.id}
          columns={[
            {
              key: 'value',
              title: t('exceptions.value'),
              bare: true,
              render: (one) => <span style={{ fontWeight: 500 }}>{one.value}</span>,
            },
            { key: 'from', title: t('exceptions.from'), render: (one) => one.title || '–' },
            {
              key: 'at',
              title: t('exceptions.at'),
              render: (one) => <RelativeTime at={String(one.createdAt)} />,
            },
            {
              key: 'blocked',
              title: t('exceptions.blocked'),
              render: (one) =>
                one.blocked === 0 ? (
                  '–'
                ) : (
                  <>
                    {formatNumber(one.blocked)}
                    {one.last && (
                      <>
                        , {t('exceptions.last')} <RelativeTime at={String(one.last)} />
                      </>
                    )}
                  </>
                ),
            },
            {
              key: 'actions',
              title: t('actions'),
              end: true,
              bare: true,
              render: (one) => mayEdit && <RowActions name={one.value} onDelete={() => setRemoving(one)} />,
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
        opened={removing !== null}
        onClose={() => setRemoving(null)}
        title={t('deleteOne', { name: removing?.value ?? '' })}
        text={t('exceptions.removeText')}
        confirmLabel={t('common:action.delete')}
        onConfirm={() => removing && void remove(removing)}
      />
    </Page>
  );
}
