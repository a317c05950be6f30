import { Anchor, Button, Group, Text } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { MailQuestion, Send } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { Crumbs } from '@/features/shell';
import { Later, later } from '@/lib/later';
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
  WideTable,
} from '@/ui';
import {
  type CutChain,
  cutQuery,
  dropMessage,
  type NewMessage,
  type UnclaimedMessage,
  unclaimedQuery,
  type WaitingMessage,
  waitingQuery,
} from './api';
import classes from './Messages.module.css';

const SendDialog = later(() => import('./SendDialog').then((module) => module.SendDialog));

const ChainDialog = later(
  () => import('@/features/automation/chain/ChainDialog').then((module) => module.ChainDialog),
  'automation',
);

/** Messages that no instance has taken: those that still wait, why, those whose time is over, and those that started nothing more. */
export function MessagesPage() {
  const { t } = useTranslation(['room', 'runs', 'common']);
  const mayOperate = useMay('runs.operate');
  const waiting = useQuery({ ...waitingQuery, enabled: mayOperate });
  const expired = useInfiniteQuery({ ...unclaimedQuery, enabled: mayOperate });
  const cut = useInfiniteQuery({ ...cutQuery, enabled: mayOperate });
  const [sending, setSending] = useState<NewMessage>();
  if (!mayOperate) return <EmptyState title={t('messages.forbidden')} text={t('messages.forbiddenText')} />;
  if (waiting.error && !waiting.data) {
    return <ErrorState error={waiting.error} onRetry={() => waiting.refetch()} />;
  }
  if (!waiting.data || !expired.data) return <PageSkeleton />;
  const cutChains = cut.data?.pages.flatMap((page) => page.items) ?? [];
  const gone = expired.data.pages.flatMap((page) => page.items);
  return (
    <>
      <Crumbs above={[{ to: '/runs', label: t('runs:list.title') }]} here={t('messages.title')} />
      <Page
        title={t('messages.title')}
        description={t('messages.description')}
        actions={
          <Button leftSection={<Send size={16} aria-hidden />} onClick={() => setSending({ name: '' })}>
            {t('messages.send')}
          </Button>
        }
      >
        <section aria-labelledby="messages-waiting" className={classes.section}>
          <h2 id="messages-waiting" className={classes.heading}>
            {t('messages.waiting')}
          </h2>
          <Waiting items={waiting.data.items} onSend={setSending} />
        </section>
        <section aria-labelledby="messages-expired" className={classes.section}>
          <h2 id="messages-expired" className={classes.heading}>
            {t('messages.expired')}
          </h2>
          <Expired items={gone} onSend={setSending} />
          {expired.hasNextPage && (
            <Group justify="center">
              <Button
                variant="subtle"
                loading={expired.isFetchingNextPage}
                onClick={() => expired.fetchNextPage()}
              >
                {t('common:action.loadMore')}
              </Button>
            </Group>
          )}
        </section>
        {cutChains.length > 0 && (
          <section aria-labelledby="messages-cut" className={classes.section}>
            <h2 id="messages-cut" className={classes.heading}>
              {t('messages.cut')}
            </h2>
            <Cut items={cutChains} />
            {cut.hasNextPage && (
              <Group justify="center">
                <Button variant="subtle" loading={cut.isFetchingNextPage} onClick={() => cut.fetchNextPage()}>
                  {t('common:action.loadMore')}
                </Button>
              </Group>
            )}
          </section>
        )}
        <Later>{sending && <SendDialog initial={sending} onClose={() => setSending(undefined)} />}</Later>
      </Page>
    </>
  );
}

type Sender = { onSend: (message: NewMessage) => void };

function Waiting({ items, onSend }: Sender & { items: readonly WaitingMessage[] }) {
  const { t } = useTranslation(['room', 'runs', 'common']);
  const client = useQueryClient();
  const [dropping, setDropping] = useState<WaitingMessage>();
  const drop = useMutation({
    mutationFn: (id: string) => dropMessage(id),
    onSuccess: () => notifyDone(t('messages.dropped')),
    onError: notifyError,
    onSettled: () => {
      setDropping(undefined);
      client.invalidateQueries({ queryKey: ['messages'] });
    },
  });
  if (items.length === 0) {
    return <EmptyState icon={MailQuestion} title={t('messages.none')} text={t('messages.noneText')} />;
  }
  return (
    <>
      <WideTable label={t('messages.waiting')} minWidth={860}>
        <thead>
          <tr>
            <th>{t('messages.name')}</th>
            <th>{t('messages.key')}</th>
            <th>{t('messages.why')}</th>
            <th>{t('messages.sent')}</th>
            <th>{t('messages.until')}</th>
            <th>
              <span className="fx-visually-hidden">{t('messages.acts')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((message) => (
            <tr key={message.id}>
              <td>
                <strong>{message.name}</strong>
                {message.body && Object.keys(message.body).length > 0 && (
                  <details>
                    <summary className={classes.fold}>{t('messages.content')}</summary>
                    <pre className={classes.content}>{JSON.stringify(message.body, null, 2)}</pre>
                  </details>
                )}
              </td>
              <td data-label={t('messages.key')}>
                <span>{message.key || '–'}</span>
              </td>
              <td data-label={t('messages.why')}>
                <span>
                  {t(`messages.reason.${message.why}`)}
                  {message.why === 'other_keys' && (
                    <Text size="xs" c="dimmed">
                      {message.receivers.map(({ run, key }, index) => (
                        <span key={run + key}>
                          {index > 0 && ', '}
                          <Anchor component={Link} to={`/runs/${run}`} size="xs">
                            {key || t('messages.noKey')}
                          </Anchor>
                        </span>
                      ))}
                    </Text>
                  )}
                </span>
              </td>
              <td data-label={t('messages.sent')}>
                <RelativeTime at={message.sentAt} />
              </td>
              <td data-label={t('messages.until')}>
                <RelativeTime at={message.expiresAt} />
              </td>
              <td>
                <Group gap="xs" wrap="nowrap">
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={t('messages.sendLike', { name: message.name })}
                    onClick={() => onSend({ name: message.name, key: message.key, body: message.body })}
                  >
                    {t('messages.again')}
                  </Button>
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={t('messages.dropOne', { name: message.name })}
                    onClick={() => setDropping(message)}
                  >
                    {t('messages.drop')}
                  </Button>
                </Group>
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
      <ConfirmDialog
        opened={dropping !== undefined}
        onClose={() => setDropping(undefined)}
        danger
        title={t('messages.dropOne', { name: dropping?.name ?? '' })}
        text={t('messages.dropText')}
        confirmLabel={t('messages.drop')}
        busy={drop.isPending}
        onConfirm={() => dropping && drop.mutate(dropping.id)}
      />
    </>
  );
}

function Expired({ items, onSend }: Sender & { items: readonly UnclaimedMessage[] }) {
  const { t } = useTranslation('room');
  if (items.length === 0) return <p className={classes.hint}>{t('messages.noneExpired')}</p>;
  return (
    <>
      <p className={classes.hint}>{t('messages.expiredText')}</p>
      <WideTable label={t('messages.expired')} minWidth={640}>
        <thead>
          <tr>
            <th>{t('messages.name')}</th>
            <th>{t('messages.key')}</th>
            <th>{t('messages.sent')}</th>
            <th>{t('messages.expiredAt')}</th>
            <th>
              <span className="fx-visually-hidden">{t('messages.acts')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((message) => (
            <tr key={message.id}>
              <td>
                <strong>{message.name}</strong>
              </td>
              <td data-label={t('messages.key')}>
                <span>{message.key || '–'}</span>
              </td>
              <td data-label={t('messages.sent')}>
                <RelativeTime at={message.sentAt} />
              </td>
              <td data-label={t('messages.expiredAt')}>
                <RelativeTime at={message.expiredAt} />
              </td>
              <td>
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={t('messages.sendLike', { name: message.name })}
                  onClick={() => onSend({ name: message.name, key: message.key })}
                >
                  {t('messages.again')}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
    </>
  );
}

/** Chains that were cut and name no record, in whose story they would stand. */
function Cut({ items }: { items: readonly CutChain[] }) {
  const { t } = useTranslation('room');
  const [shown, setShown] = useState<string>();
  return (
    <>
      <p className={classes.hint}>{t('messages.cutText')}</p>
      <DataTable
        label={t('messages.cut')}
        items={items}
        keyOf={(chain) => chain.id}
        columns={[
          {
            key: 'name',
            title: t('messages.notStarted'),
            bare: true,
            render: (chain) => <strong>{chain.name}</strong>,
          },
          {
            key: 'why',
            title: t('messages.cutReason'),
            render: (chain) => t('messages.cutWhy', { count: chain.used, budget: chain.budget }),
          },
          { key: 'at', title: t('messages.cutAt'), render: (chain) => <RelativeTime at={chain.at} /> },
          {
            key: 'acts',
            title: t('messages.acts'),
            end: true,
            bare: true,
            render: (chain) => (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={t('messages.chainOf', { name: chain.name })}
                onClick={() => setShown(chain.id)}
              >
                {t('messages.chain')}
              </Button>
            ),
          },
        ]}
      />
      <Later>
        {shown && (
          <ChainDialog
            path={`/messages/cut/${encodeURIComponent(shown)}`}
            onClose={() => setShown(undefined)}
          />
        )}
      </Later>
    </>
  );
}
