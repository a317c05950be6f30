import { ActionIcon, Button, Group, Menu, Switch, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { EllipsisVertical, KeyRound, Pencil, Plus, Search, UserRoundCheck, UserRoundX } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { changeUser, createUser, setPassword, type UserInput, usersQuery } from '@/api/queries/settings';
import type { User } from '@/api/types';
import type { JsonSchema } from '@/features/forms';
import {
  ConfirmDialog,
  DataTable,
  EmptyState,
  ErrorState,
  notifyDone,
  notifyError,
  Page,
  PageSkeleton,
  UserAvatar,
} from '@/ui';
import { EntityDialog } from './EntityDialog';
import { useCalendarChoice } from './useCalendarChoice';

const roles = ['administrator', 'designer', 'operator', 'member'] as const;

function useUserSchema(fresh: boolean): JsonSchema {
  const { t } = useTranslation(['settings', 'common']);
  return {
    type: 'object',
    required: fresh ? ['name', 'login', 'email', 'password', 'roles'] : ['name', 'login', 'email', 'roles'],
    properties: {
      name: { type: 'string', title: t('settings:users.name'), maxLength: 200 },
      login: {
        type: 'string',
        title: t('settings:users.login'),
        maxLength: 80,
        description: t('settings:users.loginHelp'),
      },
      email: { type: 'string', title: t('settings:users.email'), format: 'email' },
      ...(fresh && {
        password: {
          type: 'string',
          title: t('settings:users.password'),
          description: t('common:setup.passwordHelp'),
          minLength: 8,
          'x-widget': 'password',
        },
      }),
      title: { type: 'string', title: t('settings:users.jobTitle'), maxLength: 200 },
      roles: {
        type: 'array',
        title: t('settings:users.roles'),
        description: t('settings:users.rolesHelp'),
        items: { oneOf: roles.map((role) => ({ const: role, title: t(`common:role.${role}`) })) },
        minItems: 1,
      },
      departmentId: {
        type: 'string',
        title: t('settings:users.department'),
        'x-widget': 'department-picker',
      },
      groupIds: {
        type: 'array',
        title: t('settings:users.groups'),
        items: { type: 'string' },
        'x-widget': 'group-picker',
        'x-many': true,
      },
    },
  };
}

export function UsersPage() {
  const { t } = useTranslation(['settings', 'common']);
  const queryClient = useQueryClient();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 250);
  const [withInactive, setWithInactive] = useState(false);
  const [editing, setEditing] = useState<User | 'new' | null>(null);
  const [passwordOf, setPasswordOf] = useState<User | null>(null);
  const [disabling, setDisabling] = useState<User | null>(null);
  const users = useInfiniteQuery(usersQuery(q));
  const { data: directory } = useQuery(directoryQuery);
  const refresh = () => {
    void queryClient.invalidateQueries({ queryKey: ['users'] });
    void queryClient.invalidateQueries({ queryKey: ['directory'] });
    void queryClient.invalidateQueries({ queryKey: ['groups'] });
  };
  const all = users.data?.pages.flatMap((page) => page.items) ?? [];
  const shown = withInactive ? all : all.filter((user) => user.active);
  const departmentName = (id?: string) =>
    directory?.departments.find((department) => department.id === id)?.name ?? '';

  const setActive = async (user: User, active: boolean) => {
    setDisabling(null);
    try {
      await changeUser(user, { active });
      notifyDone(t(active ? 'settings:users.enabled' : 'settings:users.disabled', { name: user.name }));
    } catch (error) {
      notifyError(error);
    }
    refresh();
  };

  return (
    <Page
      title={t('settings:users.title')}
      description={t('settings:users.text')}
      actions={
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setEditing('new')}>
          {t('settings:users.add')}
        </Button>
      }
    >
      <Group gap="md">
        <TextInput
          type="search"
          miw={240}
          leftSection={<Search size={14} aria-hidden />}
          placeholder={t('settings:users.search')}
          aria-label={t('settings:users.search')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Switch
          label={t('settings:users.showInactive')}
          checked={withInactive}
          onChange={(event) => setWithInactive(event.currentTarget.checked)}
        />
      </Group>
      {users.error && <ErrorState error={users.error} onRetry={() => void users.refetch()} />}
      {users.isPending && <PageSkeleton />}
      {users.data && shown.length === 0 && <EmptyState title={t('settings:users.none')} />}
      {shown.length > 0 && (
        <DataTable
          label={t('settings:users.title')}
          items={shown}
          keyOf={(user) => user.id}
          columns={[
            {
              key: 'name',
              title: t('settings:users.name'),
              bare: true,
              render: (user) => (
                <Group gap="sm" wrap="nowrap">
                  <UserAvatar name={user.name} size={28} />
                  <span>
                    <strong style={{ fontWeight: 500 }}>{user.name}</strong>
                    {!user.active && ` · ${t('settings:users.inactive')}`}
                    <span style={{ display: 'block', color: 'var(--fx-text-muted)', fontSize: 12 }}>
                      {user.title}
                    </span>
                  </span>
                </Group>
              ),
            },
            { key: 'login', title: t('settings:users.login'), render: (user) => user.login },
            { key: 'email', title: t('settings:users.email'), render: (user) => user.email },
            {
              key: 'department',
              title: t('settings:users.department'),
              render: (user) => departmentName(user.departmentId),
            },
            {
              key: 'roles',
              title: t('settings:users.roles'),
              render: (user) => user.roles.map((role) => t(`common:role.${role}`)).join(', '),
            },
            {
              key: 'menu',
              title: t('settings:actions'),
              end: true,
              bare: true,
              render: (user) => (
                <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
                  <Menu.Target>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size={32}
                      aria-label={t('settings:actionsFor', { name: user.name })}
                    >
                      <EllipsisVertical size={16} aria-hidden />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item
                      leftSection={<Pencil size={16} aria-hidden />}
                      onClick={() => setEditing(user)}
                    >
                      {t('common:action.edit')}
                    </Menu.Item>
                    <Menu.Item
                      leftSection={<KeyRound size={16} aria-hidden />}
                      onClick={() => setPasswordOf(user)}
                    >
                      {t('settings:users.setPassword')}
                    </Menu.Item>
                    {user.active ? (
                      <Menu.Item
                        leftSection={<UserRoundX size={16} aria-hidden />}
                        onClick={() => setDisabling(user)}
                      >
                        {t('settings:users.disable')}
                      </Menu.Item>
                    ) : (
                      <Menu.Item
                        leftSection={<UserRoundCheck size={16} aria-hidden />}
                        onClick={() => void setActive(user, true)}
                      >
                        {t('settings:users.enable')}
                      </Menu.Item>
                    )}
                  </Menu.Dropdown>
                </Menu>
              ),
            },
          ]}
        />
      )}
      {users.hasNextPage && (
        <Button variant="default" onClick={() => void users.fetchNextPage()}>
          {t('common:action.loadMore')}
        </Button>
      )}
      {editing && (
        <UserDialog
          user={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onDone={() => {
            setEditing(null);
            refresh();
          }}
        />
      )}
      {passwordOf && <PasswordDialog user={passwordOf} onClose={() => setPasswordOf(null)} />}
      <ConfirmDialog
        opened={disabling !== null}
        onClose={() => setDisabling(null)}
        title={t('settings:users.disableTitle', { name: disabling?.name ?? '' })}
        text={t('settings:users.disableText')}
        confirmLabel={t('settings:users.disable')}
        danger
        onConfirm={() => disabling && void setActive(disabling, false)}
      />
    </Page>
  );
}

function UserDialog({
  user,
  onClose,
  onDone,
}: {
  user: User | null;
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useTranslation(['settings', 'common']);
  const schema = useUserSchema(user === null);
  const calendar = useCalendarChoice('user');
  const initial: Record<string, unknown> = user
    ? Object.fromEntries(
        Object.keys(schema.properties ?? {})
          .map((key) => [key, user[key as keyof User]] as const)
          .filter(
            ([, value]) =>
              value !== '' &&
              value !== undefined &&
              value !== null &&
              !(Array.isArray(value) && value.length === 0),
          ),
      )
    : { roles: ['member'] };
  return (
    <EntityDialog
      title={user ? t('settings:users.edit', { name: user.name }) : t('settings:users.add')}
      submitLabel={user ? t('common:action.save') : t('settings:users.add')}
      schema={{ ...schema, properties: { ...schema.properties, ...calendar.properties } }}
      initial={user ? { ...initial, ...calendar.initial(user.id) } : initial}
      onClose={onClose}
      onSubmit={async ({ calendarId, ...value }) => {
        // A cleared field is sent as empty, so that it is cleared there, too.
        const input = { title: '', departmentId: '', groupIds: [], ...value } as UserInput;
        const saved = user ? await changeUser(user, input) : await createUser(input);
        await calendar.save(saved.id, calendarId);
        notifyDone(t('settings:saved'));
        onDone();
      }}
    />
  );
}

function PasswordDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation(['settings', 'common']);
  return (
    <EntityDialog
      title={t('settings:users.passwordTitle', { name: user.name })}
      submitLabel={t('settings:users.setPassword')}
      schema={{
        type: 'object',
        required: ['password'],
        properties: {
          password: {
            type: 'string',
            title: t('settings:users.password'),
            description: t('settings:users.passwordText'),
            minLength: 8,
            'x-widget': 'password',
          },
        },
      }}
      initial={{}}
      onClose={onClose}
      onSubmit={async (value) => {
        await setPassword(user.id, String(value.password));
        notifyDone(t('settings:users.passwordDone', { name: user.name }));
        onClose();
      }}
    />
  );
}
