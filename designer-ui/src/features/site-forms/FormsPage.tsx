import { Button, Group } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { FileInput, Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { isLanguage } from '@/i18n';
import {
  DataTable,
  EmptyState,
  ErrorState,
  notifyError,
  Page,
  PageSkeleton,
  RelativeTime,
  StatusBadge,
} from '@/ui';
import { createForm, formsQuery, type SiteForm } from './api';

/** The forms of the company's sites. */
export function FormsPage() {
  const { t, i18n } = useTranslation('siteForms');
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayEdit = useMay('automation.edit');
  const { data, error, refetch } = useQuery(formsQuery);
  const add = useMutation({
    mutationFn: () =>
      createForm({
        name: t('newName'),
        title: t('newTitle'),
        kind: 'form',
        active: false,
        language: isLanguage(i18n.language) ? i18n.language : 'en',
        fields: [
          { field: 'contact.lastName', label: t('asks.lastName'), required: true },
          { field: 'contact.email', label: t('asks.email'), required: true },
          { field: 'contact.phone', label: t('asks.phone') },
        ],
        consent: {},
        style: { corner: 8 },
        creates: {},
      }),
    onSuccess: (form) => {
      void client.invalidateQueries({ queryKey: formsQuery.queryKey });
      void navigate({ to: '/forms/$formId', params: { formId: form.id } });
    },
    onError: notifyError,
  });
  const button = mayEdit && (
    <Button leftSection={<Plus size={16} aria-hidden />} loading={add.isPending} onClick={() => add.mutate()}>
      {t('add')}
    </Button>
  );
  return (
    <Page title={t('title')} description={t('text')} actions={button}>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <PageSkeleton />}
      {data && data.items.length === 0 && (
        <EmptyState icon={FileInput} title={t('none')} text={t('noneText')} />
      )}
      {data && data.items.length > 0 && (
        <DataTable<SiteForm>
          label={t('title')}
          items={data.items}
          keyOf={(form) => form.id}
          columns={[
            {
              key: 'name',
              title: t('name'),
              bare: true,
              render: (form) => (
                <Group gap={8} wrap="nowrap">
                  <Link to="/forms/$formId" params={{ formId: form.id }}>
                    {form.name}
                  </Link>
                  <StatusBadge
                    status={form.active ? 'done' : 'skipped'}
                    label={t(form.active ? 'open' : 'closed')}
                  />
                </Group>
              ),
            },
            { key: 'kind', title: t('kind'), render: (form) => t(`kinds.${form.kind as 'form'}`) },
            { key: 'fields', title: t('fieldsCount'), render: (form) => form.fields.length },
            { key: 'changed', title: t('changed'), render: (form) => <RelativeTime at={form.updatedAt} /> },
          ]}
        />
      )}
    </Page>
  );
}
