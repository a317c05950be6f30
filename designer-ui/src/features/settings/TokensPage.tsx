import { Button, Code, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Copy, KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { createToken, revokeToken, type Token, tokensQuery } from '@/api/queries/settings';
import { copyText } from '@/lib/copyText';
import { formatDate } from '@/lib/format';
import {
  ConfirmDialog,
  DataTable,
  EmptyState,
  ErrorState,
  notifyDone,
  notifyError,
  Page,
  PageSkeleton,
  RelativeTime,
} from '@/ui';
import { EntityDialog } from './EntityDialog';
import { RowActions } from './RowActions';

export function TokensPage() {
  const { t } = useTranslation(['settings', 'common']);
  const queryClient = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const tokens = useQuery(tokensQuery);
  const refresh = () => void queryClient.invalidateQueries({ queryKey: tokensQuery.queryKey });
  const revoke = useMutation({
    mutationFn: (token: Token) => revokeToken(token.id),
    onSuccess: (_, token) => notifyDone(t('settings:deleted', { name: token.name })),
    onError: notifyError,
    onSettled: () => {
      setRevoking(null);
      refresh();
    },
  });
  const items = tokens.data?.items ?? [];
  return (
    <Page
      title={t('settings:tokens.title')}
      description={t('settings:tokens.text')}
      actions={
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setAdding(true)}>
          {t('settings:tokens.add')}
        </Button>
      }
    >
      {tokens.error && <ErrorState error={tokens.error} onRetry={() => void tokens.refetch()} />}
      {tokens.isPending && <PageSkeleton />}
      {tokens.data && items.length === 0 && (
        <EmptyState icon={KeyRound} title={t('settings:tokens.none')} text={t('settings:tokens.noneText')} />
      )}
      {items.length > 0 && (
        <DataTable
          label={t('settings:tokens.title')}
          items={items}
          keyOf={(token) => token.id}
          columns={[
            {
              key: 'name',
              title: t('settings:tokens.name'),
              render: (token) => <span style={{ fontWeight: 500 }}>{token.name}</span>,
            },
            {
              key: 'created',
              title: t('settings:tokens.created'),
              render: (token) => formatDate(token.createdAt),
            },
            {
              key: 'used',
              title: t('settings:tokens.used'),
              render: (token) =>
                token.usedAt ? <RelativeTime at={token.usedAt} /> : t('settings:tokens.never'),
            },
            {
              key: 'expires',
              title: t('settings:tokens.expires'),
              render: (token) => (token.expiresAt ? formatDate(token.expiresAt) : t('settings:tokens.never')),
            },
            {
              key: 'actions',
              title: t('settings:actions'),
              end: true,
              bare: true,
              render: (token) => <RowActions name={token.name} onDelete={() => setRevoking(token)} />,
            },
          ]}
        />
      )}
      {adding && (
        <EntityDialog
          title={t('settings:tokens.add')}
          submitLabel={t('settings:tokens.create')}
          schema={{
            type: 'object',
            required: ['name'],
            properties: {
              name: {
                type: 'string',
                title: t('settings:tokens.name'),
                description: t('settings:tokens.nameHelp'),
                maxLength: 100,
              },
              expiresAt: { type: 'string', format: 'date-time', title: t('settings:tokens.expires') },
            },
          }}
          initial={{}}
          onClose={() => setAdding(false)}
          onSubmit={async (value) => {
            const made = await createToken(value as { name: string; expiresAt?: string });
            setAdding(false);
            setSecret(made.token);
            refresh();
          }}
        />
      )}
      {secret && <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
      <ConfirmDialog
        opened={revoking !== null}
        onClose={() => setRevoking(null)}
        title={t('settings:deleteOne', { name: revoking?.name ?? '' })}
        text={t('settings:tokens.revokeText')}
        confirmLabel={t('common:action.delete')}
        danger
        busy={revoke.isPending}
        onConfirm={() => revoking && revoke.mutate(revoking)}
      />
    </Page>
  );
}

function SecretDialog({ secret, onClose }: { secret: string; onClose: () => void }) {
  const { t } = useTranslation(['settings', 'common']);
  const copy = () =>
    copyText(secret)
      .then(() => notifyDone(t('settings:tokens.copied')))
      .catch(notifyError);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('settings:tokens.secretTitle')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        <Text>{t('settings:tokens.secretText')}</Text>
        <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
          {secret}
        </Code>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" leftSection={<Copy size={16} aria-hidden />} onClick={() => void copy()}>
            {t('common:action.copy')}
          </Button>
          <Button onClick={onClose}>{t('settings:tokens.done')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
