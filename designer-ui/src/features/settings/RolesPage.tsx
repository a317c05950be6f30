import { Badge, Button, Group } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { ConfirmDialog, DataTable, ErrorState, notifyDone, notifyError, Page, PageSkeleton } from '@/ui';
import { RoleDialog } from './RoleDialog';
import { RowActions } from './RowActions';
import { deleteRole, type Role, rolesQuery } from './roles';

/** Roles: those of the product, whose rights over records can be decided anew, and those of one's own. */
export function RolesPage() {
  const { t } = useTranslation(['settings', 'common', 'crm']);
  const client = useQueryClient();
  const [editing, setEditing] = useState<Role | 'new' | null>(null);
  const [deleting, setDeleting] = useState<Role | null>(null);
  const roles = useQuery(rolesQuery);
  const { data: directory } = useQuery(directoryQuery);
  if (roles.error) return <ErrorState error={roles.error} onRetry={() => void roles.refetch()} />;
  if (!roles.data) return <PageSkeleton />;

  const refresh = () => void client.invalidateQueries({ queryKey: ['roles'] });
  const nameOf = (role: Role) => (role.builtIn ? t(`common:role.${role.id as 'member'}`) : role.name);
  const typeName = (key: string) => t(`roles.type.${key as 'deal'}`, { defaultValue: key });
  const holders = (role: Role) => {
    if (role.builtIn) return t('roles.byUser');
    const named = (
      ids: readonly string[] | null,
      list: readonly { id: string; name: string }[] | undefined,
    ) => (ids ?? []).map((id) => list?.find((one) => one.id === id)?.name ?? id);
    const all = [
      ...named(role.departmentIds, directory?.departments),
      ...named(role.groupIds, directory?.groups),
      ...named(role.userIds, directory?.users),
    ];
    return all.length > 0 ? all.join(', ') : t('roles.nobody');
  };
  const remove = async (role: Role) => {
    setDeleting(null);
    try {
      await deleteRole(role);
      notifyDone(role.builtIn ? t('saved') : t('deleted', { name: nameOf(role) }));
    } catch (error) {
      notifyError(error);
    }
    refresh();
  };

  return (
    <Page
      title={t('roles.title')}
      description={t('roles.text')}
      actions={
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setEditing('new')}>
          {t('roles.add')}
        </Button>
      }
    >
      <DataTable
        label={t('roles.title')}
        items={roles.data.items}
        keyOf={(role) => role.id}
        columns={[
          {
            key: 'name',
            title: t('roles.name'),
            render: (role) => (
              <Group gap={8}>
                <span style={{ fontWeight: 500 }}>{nameOf(role)}</span>
                {role.builtIn && (
                  <Badge size="sm" variant="light" color="gray">
                    {role.rev > 0 ? t('roles.changed') : t('roles.builtIn')}
                  </Badge>
                )}
              </Group>
            ),
          },
          { key: 'holders', title: t('roles.holders'), render: holders },
          {
            key: 'rights',
            title: t('roles.rights'),
            render: (role) => {
              const count = (role.rights ?? []).length;
              return role.builtIn && count === 0 ? t('roles.builtInRights') : t('roles.count', { count });
            },
          },
          {
            key: 'actions',
            title: t('actions'),
            end: true,
            bare: true,
            render: (role) =>
              role.id === 'administrator' ? null : (
                <RowActions
                  name={nameOf(role)}
                  onEdit={() => setEditing(role)}
                  onDelete={role.builtIn && role.rev === 0 ? undefined : () => setDeleting(role)}
                />
              ),
          },
        ]}
      />
      {editing && (
        <RoleDialog
          role={editing === 'new' ? null : editing}
          title={editing === 'new' ? t('roles.add') : t('editOne', { name: nameOf(editing) })}
          typeName={typeName}
          onClose={() => setEditing(null)}
          onSaved={() => {
            notifyDone(t('saved'));
            setEditing(null);
            refresh();
          }}
        />
      )}
      <ConfirmDialog
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title={
          deleting?.builtIn
            ? t('roles.resetOne', { name: nameOf(deleting) })
            : t('deleteOne', { name: deleting ? nameOf(deleting) : '' })
        }
        text={deleting?.builtIn ? t('roles.resetText') : t('roles.deleteText')}
        confirmLabel={deleting?.builtIn ? t('roles.reset') : t('common:action.delete')}
        danger
        onConfirm={() => deleting && void remove(deleting)}
      />
    </Page>
  );
}
