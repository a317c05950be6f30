import { Button, Paper, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError, type ProblemDetail } from '@/api/problem';
import { savePreferences, setUpAdministrator, signIn } from '@/api/queries/session';
import type { Session } from '@/api/types';
import { errorSentences, errorText } from '@/ui';
import classes from './SignInPage.module.css';

const fields = ['code', 'name', 'email', 'login', 'password'] as const;

/** The address that the server prints carries the code behind the hash, where no log sees it. */
const printedCode = () => /^#setup=([\w-]+)$/.exec(window.location.hash)?.[1] ?? '';

type Field = (typeof fields)[number];

/** First page of a new installation: makes the administrator and signs in. */
export function SetupForm({ onDone }: { onDone: (session: Session) => Promise<void> }) {
  const { t } = useTranslation();
  const [values, setValues] = useState<Record<Field, string>>(() => ({
    code: printedCode(),
    name: '',
    email: '',
    login: '',
    password: '',
  }));
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [details, setDetails] = useState<readonly ProblemDetail[]>([]);

  // Who had this page open already and pastes the printed address stays on the same document.
  useWindowEvent('hashchange', () => {
    const code = printedCode();
    if (code) setValues((old) => ({ ...old, code }));
  });

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setFailure(null);
    const required = t('form.error.required');
    const empty = fields.filter((field) => values[field].trim() === '');
    setDetails(empty.map((field) => ({ path: `/${field}`, code: 'required', message: required })));
    if (empty.length > 0) return;
    setBusy(true);
    try {
      await setUpAdministrator(values);
      const session = await signIn({ login: values.login, password: values.password });
      // The zone of the browser is the best guess there is; one that the server does not know stays UTC.
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const known = await savePreferences({ zone }).then(
        () => true,
        () => false,
      );
      await onDone(known ? { ...session, user: { ...session.user, zone } } : session);
    } catch (error) {
      if (isApiError(error) && error.problem.code === 'setup_code') {
        setDetails([
          { path: '/code', code: 'setup_code', message: error.problem.detail ?? errorText(error).title },
        ]);
      } else {
        const details = isApiError(error) ? error.details : [];
        setDetails(details);
        // What is wrong with a field is said at the field.
        if (details.length === 0) setFailure(errorSentences(error));
      }
      setBusy(false);
    }
  };

  const props = (field: Field) => ({
    label: t(`setup.${field}`),
    size: 'md' as const,
    value: values[field],
    error: details.find((detail) => detail.path === `/${field}`)?.message,
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setValues((old) => ({ ...old, [field]: value }));
    },
  });

  return (
    <Paper withBorder p="xl" radius="xl">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <div>
            <h1 className={classes.title}>{t('setup.title')}</h1>
            <Text c="dimmed">{t('setup.text')}</Text>
          </div>
          <TextInput
            {...props('code')}
            description={t('setup.codeHelp')}
            autoComplete="off"
            autoCapitalize="characters"
          />
          <TextInput {...props('name')} autoComplete="name" />
          <TextInput {...props('email')} type="email" autoComplete="email" />
          <TextInput {...props('login')} autoComplete="username" autoCapitalize="none" />
          <PasswordInput
            {...props('password')}
            description={t('setup.passwordHelp')}
            autoComplete="new-password"
          />
          {failure && (
            <Text role="alert" c="var(--mantine-color-error)">
              {failure}
            </Text>
          )}
          <Button type="submit" size="md" loading={busy}>
            {t('setup.submit')}
          </Button>
        </Stack>
      </form>
    </Paper>
  );
}
