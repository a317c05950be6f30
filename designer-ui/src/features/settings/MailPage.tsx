import { Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Send } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { type MailSettings, mailSettingsQuery, saveMailSettings, sendTestMail } from '@/api/queries/settings';
import { ErrorSummary, type FieldError, type JsonSchema, SchemaForm, validateForm } from '@/features/forms';
import { useUser } from '@/features/identity/useSession';
import { ErrorState, errorText, notifyDone, notifyError, Page, PageSkeleton } from '@/ui';

export function MailPage() {
  const { t } = useTranslation('settings');
  const { data, error, refetch } = useQuery(mailSettingsQuery);
  return (
    <Page title={t('mail.title')} description={t('mail.text')} width="narrow">
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <PageSkeleton />}
      {data && (
        <MailForm key={data.rev ?? JSON.stringify(data.settings)} settings={data.settings} rev={data.rev} />
      )}
      {data && <TestMail provider={data.settings.provider} />}
    </Page>
  );
}

function MailForm({ settings, rev }: { settings: MailSettings; rev: string | undefined }) {
  const { t } = useTranslation(['settings', 'common']);
  const queryClient = useQueryClient();
  const { passwordSet, ...plain } = settings;
  const [value, setValue] = useState<Record<string, unknown>>(() =>
    Object.fromEntries(
      Object.entries(plain).filter(([, entry]) => entry !== '' && entry !== undefined && entry !== 0),
    ),
  );
  const [errors, setErrors] = useState<FieldError[]>([]);
  const smtp = value.provider === 'smtp';
  const schema: JsonSchema = {
    type: 'object',
    required: smtp ? ['provider', 'host', 'port', 'from'] : ['provider'],
    properties: {
      provider: {
        title: t('settings:mail.provider'),
        oneOf: [
          { const: 'outbox', title: t('settings:mail.outbox') },
          { const: 'smtp', title: t('settings:mail.smtp') },
        ],
      },
      from: { type: 'string', title: t('settings:mail.from'), description: t('settings:mail.fromHelp') },
      host: { type: 'string', title: t('settings:mail.host'), 'x-if': { provider: 'smtp' } },
      port: {
        type: 'integer',
        title: t('settings:mail.port'),
        minimum: 1,
        maximum: 65535,
        'x-if': { provider: 'smtp' },
      },
      tls: {
        title: t('settings:mail.tls'),
        default: 'starttls',
        oneOf: [
          { const: 'starttls', title: t('settings:mail.starttls') },
          { const: 'tls', title: t('settings:mail.implicitTls') },
          { const: 'none', title: t('settings:mail.noTls') },
        ],
        'x-if': { provider: 'smtp' },
      },
      user: { type: 'string', title: t('settings:mail.user'), 'x-if': { provider: 'smtp' } },
      password: {
        type: 'string',
        title: t('settings:mail.password'),
        description: t(passwordSet ? 'settings:mail.passwordSet' : 'settings:mail.passwordUnset'),
        'x-widget': 'password',
        'x-if': { provider: 'smtp' },
      },
    },
  };
  const save = useMutation({
    mutationFn: () => saveMailSettings(value as MailSettings, rev),
    onSuccess: () => {
      notifyDone(t('settings:saved'));
      void queryClient.invalidateQueries({ queryKey: mailSettingsQuery.queryKey });
    },
    onError: (error) => {
      const named = isApiError(error) ? error.details.filter((detail) => detail.path) : [];
      if (named.length > 0) setErrors(named.map(({ path = '', message }) => ({ path, message })));
      else notifyError(error);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = validateForm(schema, value);
    setErrors(found);
    if (found.length === 0) save.mutate();
  };
  return (
    <Paper withBorder p="xl" radius="xl">
      <form onSubmit={submit} noValidate>
        <Stack gap="lg">
          {errors.length > 1 && <ErrorSummary schema={schema} errors={errors} idPrefix="mail" />}
          <SchemaForm schema={schema} value={value} errors={errors} idPrefix="mail" onChange={setValue} />
          {value.provider === 'outbox' && (
            <Text c="dimmed">
              {t('settings:mail.outboxText')} <Link to="/settings/outbox">{t('settings:outbox.title')}</Link>
            </Text>
          )}
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}

function TestMail({ provider }: { provider: MailSettings['provider'] }) {
  const { t } = useTranslation('settings');
  const user = useUser();
  const [to, setTo] = useState(user.email ?? '');
  const test = useMutation({ mutationFn: () => sendTestMail(to.trim()) });
  const failure = test.error ? errorText(test.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (to.trim() !== '') test.mutate();
  };
  return (
    <Paper withBorder p="xl" radius="xl" component="section" aria-labelledby="test-mail">
      <form onSubmit={submit}>
        <Stack gap="md">
          <div>
            <h2 id="test-mail" style={{ fontSize: 14, lineHeight: '20px' }}>
              {t('mail.testTitle')}
            </h2>
            <Text c="dimmed">{t('mail.testText')}</Text>
          </div>
          <Group align="flex-end" gap="sm">
            <TextInput
              flex={1}
              miw={200}
              type="email"
              label={t('mail.testTo')}
              value={to}
              onChange={(event) => setTo(event.currentTarget.value)}
            />
            <Button
              type="submit"
              variant="default"
              loading={test.isPending}
              leftSection={<Send size={16} aria-hidden />}
            >
              {t('mail.testSend')}
            </Button>
          </Group>
          {test.isSuccess && (
            <Text role="status" c="var(--fx-status-done)">
              {t('mail.testDone')}{' '}
              {provider === 'outbox' && <Link to="/settings/outbox">{t('outbox.title')}</Link>}
            </Text>
          )}
          {failure && (
            <Text role="alert" c="var(--fx-status-failed)">
              {failure.title} {failure.remedy}
            </Text>
          )}
        </Stack>
      </form>
    </Paper>
  );
}
