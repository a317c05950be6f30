import { ActionIcon, Badge, Button, Group, SegmentedControl, Tooltip } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, ListChecks, Plus, TextCursorInput } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import {
  type Dictionary,
  dictionariesQuery,
  type FieldInfo,
  type RecordTypeKey,
  recordTypesQuery,
} from '@/features/crm/ownFields';
import { pipelinesQuery } from '@/features/crm/queries';
import {
  ConfirmDialog,
  DataTable,
  EmptyState,
  ErrorState,
  notifyDone,
  notifyError,
  Page,
  PageSkeleton,
} from '@/ui';
import { FieldDialog } from './FieldDialog';
import { changeField, deleteDictionary, deleteField } from './fieldsApi';
import { ListDialog } from './ListDialog';
import { RowActions } from './RowActions';

const types: readonly RecordTypeKey[] = ['lead', 'deal', 'quote', 'invoice', 'contact', 'company'];

/** Fields of the CRM's records: the workspace's own ones, where they are required, and the lists they choose from. */
export function FieldsPage() {
  const { t } = useTranslation(['settings', 'crm', 'common']);
  const client = useQueryClient();
  const { type: wanted = 'deal' } = useSearch({ from: '/app/settings/fields' });
  const [key, setKey] = useState<RecordTypeKey>(wanted);
  const [editing, setEditing] = useState<FieldInfo | 'new' | null>(null);
  const [deleting, setDeleting] = useState<FieldInfo | null>(null);
  const [used, setUsed] = useState<{ field: FieldInfo; count: string; names: string } | null>(null);
  const [list, setList] = useState<Dictionary | 'new' | null>(null);
  const [deletingList, setDeletingList] = useState<Dictionary | null>(null);
  const all = useQuery(recordTypesQuery);
  const lists = useQuery(dictionariesQuery);
  const pipelines = useQuery(pipelinesQuery);
  if (all.error) return <ErrorState error={all.error} onRetry={() => void all.refetch()} />;
  const type = all.data?.items.find((one) => one.key === key);
  if (!type) return <PageSkeleton />;

  const refresh = () => {
    void client.invalidateQueries({ queryKey: ['recordTypes'] });
    void client.invalidateQueries({ queryKey: ['dictionaries'] });
  };
  const act = async (change: Promise<unknown>, done: string) => {
    try {
      await change;
      notifyDone(done);
    } catch (error) {
      notifyError(error);
    }
    refresh();
  };
  const ownTypes = (all.data?.items ?? []).filter((one) => one.own);
  const labelOf = (field: FieldInfo) => field.label || t(`crm:field.${field.key as 'title'}`);
  const own = type.fields.filter((field) => !field.standard);
  const standard = type.fields.filter((field) => field.standard);
  const requiredText = (field: FieldInfo) => {
    if (field.required) return t('fields.always');
    const stages = (field.requiredAt ?? [])
      .flatMap((at) => {
        const pipeline = pipelines.data?.items.find((one) => one.id === at.pipeline);
        return (at.stages ?? []).map((id) => pipeline?.stages.find((stage) => stage.id === id)?.name ?? id);
      })
      .join(', ');
    return stages || t('fields.never');
  };
  const remove = async (field: FieldInfo) => {
    setDeleting(null);
    try {
      await deleteField(type, field.key);
      notifyDone(t('deleted', { name: labelOf(field) }));
    } catch (error) {
      if (isApiError(error) && error.code === 'field_in_use') {
        const uses = Array.isArray(error.problem.uses) ? (error.problem.uses as { name: string }[]) : [];
        setUsed({
          field,
          count: String(error.problem.count ?? ''),
          names: uses.map((use) => use.name).join(', '),
        });
      } else notifyError(error);
    }
    refresh();
  };
  const place = (field: FieldInfo, by: number) => {
    const at = own.indexOf(field) + by;
    // In front of the one above; downwards in front of the one after the next.
    const before = by < 0 ? own[at]?.key : (own[at + 1]?.key ?? '');
    void act(changeField(type, field.key, { before }), t('saved'));
  };
  const shared = [
    {
      key: 'label',
      title: t('fields.label'),
      render: (field: FieldInfo) => (
        <Group gap={8} wrap="nowrap">
          <span style={{ fontWeight: 500 }}>{labelOf(field)}</span>
          {field.retired && (
            <Badge size="sm" variant="light" color="gray">
              {t('fields.retired')}
            </Badge>
          )}
        </Group>
      ),
    },
    {
      key: 'type',
      title: t('fields.kind'),
      render: (field: FieldInfo) =>
        `${t(`fields.fieldType.${field.type}`)}${field.multiple ? ` · ${t('fields.several')}` : ''}`,
    },
    { key: 'required', title: t('fields.required'), render: requiredText },
  ];
  const add = (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setEditing('new')}>
      {t('fields.add')}
    </Button>
  );

  return (
    <Page title={t('fields.title')} description={t('fields.text')} actions={add}>
      <SegmentedControl
        aria-label={t('fields.typeLabel')}
        style={{ alignSelf: 'start', maxWidth: '100%', overflowX: 'auto' }}
        data={[
          ...types.map((value) => ({ value: value as string, label: t(`fields.type.${value as 'deal'}`) })),
          ...ownTypes.map((one) => ({ value: one.key, label: one.name ?? one.key })),
        ]}
        value={key}
        onChange={(value) => setKey(value as RecordTypeKey)}
      />
      <h2 style={{ fontSize: 15, margin: 0 }}>{t('fields.own')}</h2>
      {own.length === 0 ? (
        <EmptyState icon={TextCursorInput} title={t('fields.ownNone')} text={t('fields.ownNoneText')} />
      ) : (
        <DataTable<FieldInfo>
          label={t('fields.own')}
          items={own}
          keyOf={(field) => field.key}
          columns={[
            ...shared,
            { key: 'key', title: t('fields.key'), render: (field) => <code>record.{field.key}</code> },
            {
              key: 'actions',
              title: t('actions'),
              end: true,
              bare: true,
              render: (field) => (
                <Group gap={4} wrap="nowrap" justify="end">
                  <PlaceButton
                    icon={ArrowUp}
                    label={t('fields.up', { name: labelOf(field) })}
                    disabled={own[0] === field}
                    onClick={() => place(field, -1)}
                  />
                  <PlaceButton
                    icon={ArrowDown}
                    label={t('fields.down', { name: labelOf(field) })}
                    disabled={own.at(-1) === field}
                    onClick={() => place(field, 1)}
                  />
                  <RowActions
                    name={labelOf(field)}
                    onEdit={() => setEditing(field)}
                    onDelete={() => setDeleting(field)}
                  />
                </Group>
              ),
            },
          ]}
        />
      )}
      <h2 style={{ fontSize: 15, margin: 0 }}>{t('fields.standard')}</h2>
      <DataTable<FieldInfo>
        label={t('fields.standard')}
        items={standard}
        keyOf={(field) => field.key}
        columns={[
          ...shared,
          {
            key: 'actions',
            title: t('actions'),
            end: true,
            bare: true,
            render: (field) =>
              !field.fixed && <RowActions name={labelOf(field)} onEdit={() => setEditing(field)} />,
          },
        ]}
      />
      <Group justify="space-between" align="end">
        <div>
          <h2 style={{ fontSize: 15, margin: 0 }}>{t('fields.lists')}</h2>
          <p style={{ margin: 0, color: 'var(--mantine-color-dimmed)' }}>{t('fields.listsText')}</p>
        </div>
        <Button variant="default" leftSection={<Plus size={16} aria-hidden />} onClick={() => setList('new')}>
          {t('fields.addList')}
        </Button>
      </Group>
      {lists.data && lists.data.items.length === 0 && (
        <EmptyState icon={ListChecks} title={t('fields.noLists')} />
      )}
      {lists.data && lists.data.items.length > 0 && (
        <DataTable<Dictionary>
          label={t('fields.lists')}
          items={lists.data.items}
          keyOf={(one) => one.id}
          columns={[
            {
              key: 'name',
              title: t('fields.listName'),
              render: (one) => <span style={{ fontWeight: 500 }}>{one.name}</span>,
            },
            {
              key: 'values',
              title: t('fields.values'),
              render: (one) =>
                one.items
                  .filter((item) => !item.retired)
                  .map((item) => item.name)
                  .join(', '),
            },
            {
              key: 'actions',
              title: t('actions'),
              end: true,
              bare: true,
              render: (one) => (
                <RowActions
                  name={one.name}
                  onEdit={() => setList(one)}
                  onDelete={() => setDeletingList(one)}
                />
              ),
            },
          ]}
        />
      )}
      {editing && (
        <FieldDialog
          type={type}
          field={editing === 'new' ? null : editing}
          label={editing === 'new' ? '' : labelOf(editing)}
          onClose={() => setEditing(null)}
          onSaved={() => {
            notifyDone(t('saved'));
            setEditing(null);
            refresh();
          }}
        />
      )}
      {list && (
        <ListDialog
          list={list === 'new' ? null : list}
          onClose={() => setList(null)}
          onSaved={() => {
            notifyDone(t('saved'));
            setList(null);
            refresh();
          }}
        />
      )}
      <ConfirmDialog
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title={t('deleteOne', { name: deleting ? labelOf(deleting) : '' })}
        text={t('fields.deleteText')}
        confirmLabel={t('common:action.delete')}
        danger
        onConfirm={() => deleting && void remove(deleting)}
      />
      <ConfirmDialog
        opened={used !== null}
        onClose={() => setUsed(null)}
        title={t('fields.inUse', { name: used ? labelOf(used.field) : '' })}
        text={[
          t('fields.inUseText', { count: Number(used?.count ?? 0) }),
          used?.names && t('fields.usedBy', { names: used.names }),
        ]
          .filter(Boolean)
          .join(' ')}
        confirmLabel={t('fields.retire')}
        onConfirm={() => {
          if (used) void act(changeField(type, used.field.key, { retired: true }), t('saved'));
          setUsed(null);
        }}
      />
      <ConfirmDialog
        opened={deletingList !== null}
        onClose={() => setDeletingList(null)}
        title={t('deleteOne', { name: deletingList?.name ?? '' })}
        text={t('fields.deleteListText')}
        confirmLabel={t('common:action.delete')}
        danger
        onConfirm={() => {
          const one = deletingList;
          setDeletingList(null);
          if (one) void act(deleteDictionary(one), t('deleted', { name: one.name }));
        }}
      />
    </Page>
  );
}

type PlaceButtonProps = { icon: typeof ArrowUp; label: string; disabled: boolean; onClick: () => void };

function PlaceButton({ icon: Icon, label, disabled, onClick }: PlaceButtonProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={label}
        // Hidden, not gray: a gray box in every first and last row draws the eye.
        style={{ visibility: disabled ? 'hidden' : undefined }}
        visibleFrom="sm"
        onClick={onClick}
      >
        <Icon size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
