import { Button, Code, CopyButton, Group, Stack, Text } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Check, Copy, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { useMay } from '@/features/identity/useSession';
import { announce } from '@/lib/live';
import { ErrorState, notifyError, RelativeTime } from '@/ui';
import classes from '../Automation.module.css';
import { type Called, curlOf } from './curl';

const hookQuery = queryOptions({
  queryKey: ['triggerHook'],
  queryFn: ({ signal }) => api.get<gen.TriggerHook>('/settings/trigger-hook', undefined, signal),
});

/** Where another system calls this trigger: the address with its secret, an example, and a new secret. */
export function HookAddress({ type, called }: { type: string; called: Called }) {
  const { t } = useTranslation(['automation', 'common']);
  const client = useQueryClient();
  const maySee = useMay('pipelines.edit');
  const mayRenew = useMay('settings.manage');
  const [sure, setSure] = useState(false);
  const hook = useQuery({ ...hookQuery, enabled: maySee });
  const renew = useMutation({
    mutationFn: () => api.post<gen.TriggerHook>('/settings/trigger-hook/rotation'),
    onSuccess: (next) => {
      client.setQueryData(hookQuery.queryKey, next);
      setSure(false);
      announce(t('hook.renewed'));
    },
    onError: notifyError,
  });
  const address = hook.data ? `${window.location.origin}${hook.data.path}` : '';
  return (
    <section className={classes.block} aria-label={t('hook.title')} data-hook>
      <h3 className={classes.blockTitle}>{t('hook.title')}</h3>
      {!maySee && <p className={classes.hint}>{t('hook.forbidden')}</p>}
      {hook.error && <ErrorState error={hook.error} onRetry={() => hook.refetch()} />}
      {hook.data && (
        <Stack gap="xs">
          <p className={classes.hint}>{t('hook.about')}</p>
          <Snippet label={t('hook.address')} text={address} />
          <Snippet label={t('hook.example')} text={curlOf(address, type, called)} />
          <Text size="xs" c="dimmed">
            {t('hook.since')} {hook.data.rotatedAt && <RelativeTime at={hook.data.rotatedAt} />}
          </Text>
          {mayRenew &&
            (sure ? (
              <div className={classes.notice} data-tone="warning" role="alert">
                <span>{t('hook.renewSure')}</span>
                <Group gap="xs" mt={6}>
                  <Button
                    size="compact-sm"
                    color="red"
                    loading={renew.isPending}
                    onClick={() => renew.mutate()}
                  >
                    {t('hook.renewNow')}
                  </Button>
                  <Button size="compact-sm" variant="default" onClick={() => setSure(false)}>
                    {t('common:action.cancel')}
                  </Button>
                </Group>
              </div>
            ) : (
              <Group>
                <Button
                  size="compact-sm"
                  variant="default"
                  leftSection={<RefreshCw size={14} aria-hidden />}
                  onClick={() => setSure(true)}
                >
                  {t('hook.renew')}
                </Button>
              </Group>
            ))}
        </Stack>
      )}
    </section>
  );
}

function Snippet({ label, text }: { label: string; text: string }) {
  const { t } = useTranslation(['automation', 'common']);
  return (
    <div>
      <Group justify="space-between" gap="xs" mb={4}>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              size="compact-xs"
              variant="default"
              leftSection={copied ? <Check size={12} aria-hidden /> : <Copy size={12} aria-hidden />}
              onClick={() => {
                copy();
                announce(t('hook.copied'));
              }}
            >
              {t(copied ? 'hook.copied' : 'common:action.copy')}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
        {text}
      </Code>
    </div>
  );
}
