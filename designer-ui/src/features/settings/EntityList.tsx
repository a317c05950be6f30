import { Button } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { type LucideIcon, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { JsonSchema } from '@/features/forms';
import { ConfirmDialog, EmptyState, ErrorState, notifyDone, notifyError, Page, PageSkeleton } from '@/ui';
import { type Column, DataTable } from '@/ui/DataTable';
import { EntityDialog } from './EntityDialog';
import { RowActions } from './RowActions';

type EntityListProps<T> = {
  title: string;
  description: string;
  /** On the button that adds one, and over the dialog in which it is made. */
  addLabel: string;
  query: Pick<UseQueryResult<unknown>, 'data' | 'error' | 'isPending' | 'refetch'>;
  items: readonly T[];
  keyOf: (item: T) => string;
  nameOf: (item: T) => string;
  /** What stands before the actions. */
  columns: readonly Column<T>[];
  empty: { icon?: LucideIcon; title: string; text?: string };
  /** The form, of one that is there or of a new one. */
  schemaOf: (item: T | undefined) => JsonSchema;
  initialOf: (item: T | undefined) => Record<string, unknown>;
  submitLabel?: string;
  /** Whether what is there is edited, too; it is unless this is false. */
  editable?: boolean;
  save: (value: Record<string, unknown>, item: T | undefined) => Promise<unknown>;
  /** Says itself what came of saving. */
  quiet?: boolean;
  remove: (item: T) => Promise<unknown>;
  deleteText: string;
  /** Fetches anew what was changed. */
  refresh: () => unknown;
  children?: ReactNode;
};

/** A page with a list of things that are added, edited and deleted in dialogs. */
export function EntityList<T>(props: EntityListProps<T>) {
  const { t } = useTranslation(['settings', 'common']);
  const { query, items, nameOf, addLabel, refresh } = props;
  const [editing, setEditing] = useState<{ item: T | undefined }>();
  const [deleting, setDeleting] = useState<T>();
  const save = async (value: Record<string, unknown>) => {
    await props.save(value, editing?.item);
    if (!props.quiet) notifyDone(t('settings:saved'));
    setEditing(undefined);
    await refresh();
  };
  const remove = async (item: T) => {
    setDeleting(undefined);
    try {
      await props.remove(item);
      notifyDone(t('settings:deleted', { name: nameOf(item) }));
    } catch (error) {
      notifyError(error);
    }
    await refresh();
  };
  const columns: Column<T>[] = [
    ...props.columns,
    {
      key: 'actions',
      title: t('settings:actions'),
      end: true,
      bare: true,
      render: (item) => (
        <RowActions
          name={nameOf(item)}
          {...(props.editable === false ? {} : { onEdit: () => setEditing({ item }) })}
          onDelete={() => setDeleting(item)}
        />
      ),
    },
  ];
  return (
    <Page
      title={props.title}
      description={props.description}
      actions={
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setEditing({ item: undefined })}>
          {addLabel}
        </Button>
      }
    >
      {query.error && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <PageSkeleton />}
      {query.data !== undefined && items.length === 0 && <EmptyState {...props.empty} />}
      {items.length > 0 && (
        <DataTable<T> label={props.title} items={items} keyOf={props.keyOf} columns={columns} />
      )}
      {editing && (
        <EntityDialog
          title={
            editing.item === undefined ? addLabel : t('settings:editOne', { name: nameOf(editing.item) })
          }
          submitLabel={props.submitLabel ?? t('common:action.save')}
          schema={props.schemaOf(editing.item)}
          initial={props.initialOf(editing.item)}
          onClose={() => setEditing(undefined)}
          onSubmit={save}
        />
      )}
      <ConfirmDialog
        opened={deleting !== undefined}
        onClose={() => setDeleting(undefined)}
        title={t('settings:deleteOne', { name: deleting === undefined ? '' : nameOf(deleting) })}
        text={props.deleteText}
        confirmLabel={t('common:action.delete')}
        danger
        onConfirm={() => deleting !== undefined && void remove(deleting)}
      />
      {props.children}
    </Page>
  );
}
