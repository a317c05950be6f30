import { Button, Code, Group, Modal, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Copy, KeyRound } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { createToken, revokeToken, type Token, tokensQuery } from '@/api/queries/settings';
import { copyText } from '@/lib/copyText';
import { formatDate } from '@/lib/format';
import { notifyDone, notifyError, RelativeTime } from '@/ui';
import { EntityList } from './EntityList';

export function TokensPage() {
  const { t } = useTranslation(['settings', 'common']);
  const queryClient = useQueryClient();
  const [secret, setSecret] = useState<string | null>(null);
  const tokens = useQuery(tokensQuery);
  return (
    <EntityList<Token>
      title={t('settings:tokens.title')}
      description={t('settings:tokens.text')}
      addLabel={t('settings:tokens.add')}
      query={tokens}
      items={tokens.data?.items ?? []}
      keyOf={({ id }) => id}
      nameOf={({ name }) => name}
      empty={{ icon: KeyRound, title: t('settings:tokens.none'), text: t('settings:tokens.noneText') }}
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
          render: (token) => (token.usedAt ? <RelativeTime at={token.usedAt} /> : t('settings:tokens.never')),
        },
        {
          key: 'expires',
          title: t('settings:tokens.expires'),
          render: (token) => (token.expiresAt ? formatDate(token.expiresAt) : t('settings:tokens.never')),
        },
      ]}
      editable={false}
      submitLabel={t('settings:tokens.create')}
      schemaOf={() => ({
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
      })}
      initialOf={() => ({})}
      quiet
      save={async (value) =>
        setSecret((await createToken(value as { name: string; expiresAt?: string })).token)
      }
      remove={({ id }) => revokeToken(id)}
      deleteText={t('settings:tokens.revokeText')}
      refresh={() => queryClient.invalidateQueries({ queryKey: tokensQuery.queryKey })}
    >
      {secret && <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
    </EntityList>
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
