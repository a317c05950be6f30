import { Badge, Button, Group, Modal, Select, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ListTodo, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { recordTypesQuery } from '@/features/crm/ownFields';
import { useTypeNames } from '@/features/crm/TypeTabs';
import { useMay } from '@/features/identity/useSession';
import { Crumbs } from '@/features/shell';
import { DataTable, EmptyState, ErrorState, notifyError, Page, PageSkeleton, RelativeTime } from '@/ui';
import { createTemplate, type Template, templatesQuery } from './api';
import { firstContent } from './model';
import classes from './StatusProcesses.module.css';

/** All status-driven processes. */
export function StatusProcessesPage() {
  const { t } = useTranslation(['statusProcesses', 'common']);
  const typeName = useTypeNames();
  const mayEdit = useMay('automation.edit');
  const [adding, setAdding] = useState(false);
  const { data, error, refetch } = useQuery(templatesQuery);
  const button = mayEdit && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      {t('list.add')}
    </Button>
  );
  return (
    <Page title={t('list.title')} description={t('list.text')} actions={button}>
      <Crumbs above={[{ to: '/definitions', label: t('common:nav.definitions') }]} here={t('list.title')} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <PageSkeleton />}
      {data && data.items.length === 0 && (
        <EmptyState icon={ListTodo} title={t('list.none')} text={t('list.noneText')} />
      )}
      {data && data.items.length > 0 && (
        <DataTable<Template>
          label={t('list.title')}
          items={data.items}
          keyOf={(template) => template.id}
          columns={[
            {
              key: 'name',
              title: t('list.name'),
              bare: true,
              render: (template) => (
                <Group gap={8} wrap="nowrap">
                  <Link to="/status-processes/$processId" params={{ processId: template.id }}>
                    {template.name}
                  </Link>
                  {template.disabled && (
                    <Badge size="sm" variant="light" color="gray">
                      {t('list.off')}
                    </Badge>
                  )}
                </Group>
              ),
            },
            { key: 'type', title: t('list.type'), render: (template) => typeName(template.type) },
            {
              key: 'statuses',
              title: t('list.statuses'),
              render: (template) => (
                <span className={classes.dots}>
                  {template.statuses.map((status) => (
                    <span
                      key={status.id}
                      className={classes.dot}
                      style={{ background: status.color }}
                      title={status.name}
                    />
                  ))}
                  {template.statuses.length}
                </span>
              ),
            },
            { key: 'active', title: t('list.active'), render: (template) => template.active },
            {
              key: 'changed',
              title: t('list.changed'),
              render: (template) => <RelativeTime at={template.updatedAt} />,
            },
          ]}
        />
      )}
      {adding && <NewProcess onClose={() => setAdding(false)} />}
    </Page>
  );
}

function NewProcess({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['statusProcesses', 'common']);
  const navigate = useNavigate();
  const client = useQueryClient();
  const typeName = useTypeNames();
  const types = useQuery(recordTypesQuery).data?.items.map(({ key }) => key) ?? ['deal'];
  const staged = types.filter((key) => key !== 'contact' && key !== 'company');
  const [name, setName] = useState('');
  const [type, setType] = useState('deal');
  const add = useMutation({
    mutationFn: () =>
      createTemplate(
        type,
        firstContent(name.trim(), {
          draft: t('first.draft'),
          review: t('first.review'),
          done: t('first.done'),
          submit: t('first.submit'),
          approve: t('first.approve'),
          rework: t('first.rework'),
        }),
      ),
    onSuccess: (template) => {
      void client.invalidateQueries({ queryKey: templatesQuery.queryKey });
      void navigate({ to: '/status-processes/$processId', params: { processId: template.id } });
    },
    onError: notifyError,
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('list.add')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() && !add.isPending) add.mutate();
        }}
      >
        <TextInput
          data-autofocus
          required
          label={t('list.name')}
          placeholder={t('list.namePlaceholder')}
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label={t('list.type')}
          allowDeselect={false}
          data={[...new Set(['deal', ...staged])].map((value) => ({ value, label: typeName(value) }))}
          value={type}
          onChange={(value) => value && setType(value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button type="submit" loading={add.isPending} disabled={!name.trim()}>
            {t('list.create')}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
