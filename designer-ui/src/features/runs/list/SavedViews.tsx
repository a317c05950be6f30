import { Button, Checkbox, Group, Menu, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Bookmark, Check, ChevronDown, House, Pencil, Plus, Trash2, Users } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Permission } from '@/api/types';
import { useMay } from '@/features/identity/useSession';
import { ConfirmDialog, notifyDone, notifyError } from '@/ui';
import { type SavedView, textOf, type ViewWish, viewsQuery } from './views';

type SavedViewsProps<Search> = {
  page: string;
  /** The right to give a view to everybody. */
  share: Permission;
  search: Search;
  onOpen: (search: Search) => void;
};

/** Names for what the list shows: one's own, and those an operator has given to everybody. */
export function SavedViews<Search extends object>({ page, share, search, onOpen }: SavedViewsProps<Search>) {
  const { t } = useTranslation(['room', 'common']);
  const client = useQueryClient();
  const { data } = useQuery(viewsQuery<Search>(page));
  const [editing, setEditing] = useState<Partial<SavedView<Search>>>();
  const [leaving, setLeaving] = useState<SavedView<Search>>();
  const views = data?.items ?? [];
  const here = views.find((view) => textOf(view.search) === textOf(search));
  const [lastId, setLastId] = useState<string>();
  const base = here ?? views.find((view) => view.id === lastId);
  const changed = base !== undefined && base !== here;

  const done = (message: string) => {
    client.invalidateQueries({ queryKey: viewsQuery(page).queryKey });
    setEditing(undefined);
    setLeaving(undefined);
    notifyDone(message);
  };
  const save = useMutation({
    mutationFn: ({ view, wish }: { view: Partial<SavedView<Search>>; wish: ViewWish<Search> }) =>
      view.id
        ? api.put<SavedView<Search>>(`/views/${view.id}`, wish, { rev: view.rev })
        : api.post<SavedView<Search>>('/views', { page, ...wish }),
    onSuccess: (view) => {
      setLastId(view.id);
      done(t('view.saved', { name: view.name }));
    },
    onError: notifyError,
  });
  const remove = useMutation({
    mutationFn: (view: SavedView<Search>) => api.delete(`/views/${view.id}`, { rev: view.rev }),
    onSuccess: () => done(t('view.deleted')),
    onError: notifyError,
  });
  const begin = useMutation({
    mutationFn: (view: SavedView<Search>) =>
      api.put('/views/first', { page, view: view.first ? undefined : view.id }),
    onSuccess: (_, view) => done(t(view.first ? 'view.firstOff' : 'view.firstSet', { name: view.name })),
    onError: notifyError,
  });
  const open = (view: SavedView<Search>) => {
    setLastId(view.id);
    onOpen(view.search);
  };
  const line = (view: SavedView<Search>) => (
    <Menu.Item
      key={view.id}
      leftSection={view.id === here?.id ? <Check size={14} aria-hidden /> : <span style={{ width: 14 }} />}
      rightSection={view.shared ? <Users size={14} role="img" aria-label={t('view.shared')} /> : undefined}
      onClick={() => open(view)}
    >
      {view.name}
      {!view.mine && view.ownerName ? ` · ${view.ownerName}` : ''}
    </Menu.Item>
  );
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button
            variant="default"
            leftSection={<Bookmark size={16} aria-hidden />}
            rightSection={<ChevronDown size={14} aria-hidden />}
          >
            {base ? base.name : t('view.title')}
            {changed ? ` · ${t('view.changed')}` : ''}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.length > 0 && (
            <>
              <Menu.Label>{t('view.title')}</Menu.Label>
              {views.map(line)}
              <Menu.Divider />
            </>
          )}
          <Menu.Item leftSection={<Plus size={14} aria-hidden />} onClick={() => setEditing({})}>
            {t('view.saveAs')}
          </Menu.Item>
          {base?.mine && changed && (
            <Menu.Item
              leftSection={<Check size={14} aria-hidden />}
              onClick={() =>
                save.mutate({ view: base, wish: { name: base.name, shared: base.shared, search } })
              }
            >
              {t('view.save', { name: base.name })}
            </Menu.Item>
          )}
          {changed && base && (
            <Menu.Item leftSection={<span style={{ width: 14 }} />} onClick={() => open(base)}>
              {t('view.reset')}
            </Menu.Item>
          )}
          {base && !changed && page !== 'runs' && (
            <Menu.Item leftSection={<House size={14} aria-hidden />} onClick={() => begin.mutate(base)}>
              {t(base.first ? 'view.firstRemove' : 'view.firstMake')}
            </Menu.Item>
          )}
          {base?.mine && (
            <>
              <Menu.Item leftSection={<Pencil size={14} aria-hidden />} onClick={() => setEditing(base)}>
                {t('view.edit')}
              </Menu.Item>
              <Menu.Item leftSection={<Trash2 size={14} aria-hidden />} onClick={() => setLeaving(base)}>
                {t('view.delete')}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {editing && (
        <ViewDialog
          view={editing}
          share={share}
          busy={save.isPending}
          onClose={() => setEditing(undefined)}
          onSave={(wish) =>
            save.mutate({
              view: editing,
              wish: { ...wish, search: editing.id ? (editing.search ?? search) : search },
            })
          }
        />
      )}
      <ConfirmDialog
        opened={leaving !== undefined}
        onClose={() => setLeaving(undefined)}
        danger
        title={t('view.delete')}
        text={t(leaving?.shared ? 'view.deleteShared' : 'view.deleteText', { name: leaving?.name ?? '' })}
        confirmLabel={t('view.delete')}
        busy={remove.isPending}
        onConfirm={() => leaving && remove.mutate(leaving)}
      />
    </>
  );
}

type ViewDialogProps = {
  view: Partial<SavedView<object>>;
  share: Permission;
  busy: boolean;
  onClose: () => void;
  onSave: (wish: Omit<ViewWish<object>, 'search'>) => void;
};

function ViewDialog({ view, share, busy, onClose, onSave }: ViewDialogProps) {
  const { t } = useTranslation(['room', 'common']);
  const mayShare = useMay(share);
  const [name, setName] = useState(view.name ?? '');
  const [shared, setShared] = useState(view.shared ?? false);
  return (
    <Modal
      opened
      onClose={onClose}
      title={view.id ? t('view.edit') : t('view.saveAs')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) onSave({ name: name.trim(), shared });
        }}
      >
        <Stack gap="md">
          <TextInput
            label={t('view.name')}
            value={name}
            maxLength={80}
            required
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {(mayShare || shared) && (
            <Checkbox
              label={t('view.share')}
              checked={shared}
              onChange={(event) => setShared(event.currentTarget.checked)}
            />
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={busy} disabled={!name.trim()}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
