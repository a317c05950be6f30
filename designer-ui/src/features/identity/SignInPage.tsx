import { Button, Paper, PasswordInput, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import i18next from 'i18next';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import {
  savePreferences,
  sessionOptionsQuery,
  sessionQuery,
  signIn,
  signInAsDemo,
} from '@/api/queries/session';
import type { DemoUser, Session } from '@/api/types';
import { changeLanguage, isLanguage } from '@/i18n';
import { storage } from '@/lib/storage';
import { ErrorState, errorText, UserAvatar, useDocumentTitle } from '@/ui';
import { LanguageBar } from './LanguageBar';
import { SetupForm } from './SetupForm';
import classes from './SignInPage.module.css';

/** A person of the demonstration has no language of its own: the visitor's is taken over, for mails and tasks too. */
async function enterDemo(login: string): Promise<Session> {
  const session = await signInAsDemo(login);
  const language = i18next.resolvedLanguage;
  if (!isLanguage(language) || language === session.user.language) return session;
  await savePreferences({ language });
  return { ...session, user: { ...session.user, language } };
}

/** Takes over a new session: cached answers of the person before are gone, the language follows the profile. */
function useEnter(): (session: Session) => Promise<void> {
  const queryClient = useQueryClient();
  const router = useRouter();
  const { to } = useSearch({ from: '/sign-in' });
  return async (session) => {
    queryClient.clear();
    queryClient.setQueryData(sessionQuery.queryKey, session);
    const { language } = session.user;
    if (isLanguage(language) && storage.get('language') === null) await changeLanguage(language);
    if (to) router.history.push(to);
    else await router.navigate({ to: '/' });
  };
}

export function SignInPage() {
  const { t } = useTranslation();
  const options = useQuery(sessionOptionsQuery);
  const enter = useEnter();
  const setup = options.data?.setupNeeded ?? false;
  const demoUsers = options.data?.demoUsers ?? [];
  useDocumentTitle(setup ? t('setup.title') : t('signIn.title'));

  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <header className={classes.brand}>
          <img src="/favicon.svg" width={44} height={44} alt="" />
          <div>
            <p className={classes.name}>Fluxo</p>
            <p className={classes.claim}>{t('signIn.subtitle')}</p>
          </div>
        </header>
        {options.error && <ErrorState error={options.error} onRetry={() => void options.refetch()} />}
        {options.data &&
          (setup ? (
            <SetupForm onDone={enter} />
          ) : (
            <>
              {demoUsers.length > 0 && <DemoUsers users={demoUsers} onDone={enter} />}
              <PasswordForm secondary={demoUsers.length > 0} onDone={enter} />
            </>
          ))}
        <LanguageBar />
      </div>
    </main>
  );
}

function DemoUsers({ users, onDone }: { users: DemoUser[]; onDone: (session: Session) => Promise<void> }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);

  const enter = async (login: string) => {
    setBusy(login);
    setError(null);
    try {
      await onDone(await enterDemo(login));
    } catch (cause) {
      setError(cause);
      setBusy(null);
    }
  };

  return (
    <section aria-labelledby="demo-title">
      <h1 id="demo-title" className={classes.title}>
        {t('signIn.demoTitle')}
      </h1>
      <Text c="dimmed" mb="lg">
        {t('signIn.demoText')}
      </Text>
      {error !== null && <FormError error={error} />}
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        {users.map((user) => (
          <button
            key={user.login}
            type="button"
            className={classes.card}
            disabled={busy !== null}
            aria-busy={busy === user.login}
            onClick={() => void enter(user.login)}
          >
            <UserAvatar name={user.name} size={40} />
            <span className={classes.cardText}>
              <span className={classes.cardName}>{user.name}</span>
              <span className={classes.cardTitle}>{user.title}</span>
            </span>
          </button>
        ))}
      </SimpleGrid>
    </section>
  );
}

function PasswordForm(props: { secondary: boolean; onDone: (session: Session) => Promise<void> }) {
  const { t } = useTranslation();
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (login.trim() === '' || password === '') {
      setFailure(t('signIn.missing'));
      return;
    }
    setBusy(true);
    setFailure(null);
    try {
      await props.onDone(await signIn({ login: login.trim(), password }));
    } catch (error) {
      setFailure(isApiError(error, 401) ? t('signIn.wrong') : errorText(error).title);
      setBusy(false);
    }
  };

  const heading = props.secondary ? t('signIn.withPassword') : t('signIn.title');
  return (
    <Paper withBorder p="xl" radius="xl" component="section" aria-label={heading}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          {props.secondary ? (
            <h2 className={classes.subtitle}>{heading}</h2>
          ) : (
            <h1 className={classes.title}>{heading}</h1>
          )}
          <TextInput
            label={t('signIn.login')}
            size="md"
            autoComplete="username"
            autoCapitalize="none"
            value={login}
            onChange={(event) => setLogin(event.currentTarget.value)}
          />
          <PasswordInput
            label={t('signIn.password')}
            size="md"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {failure && (
            <Text role="alert" c="var(--mantine-color-error)" size="md">
              {failure}
            </Text>
          )}
          <Button type="submit" size="md" loading={busy} variant={props.secondary ? 'default' : 'filled'}>
            {t('signIn.submit')}
          </Button>
        </Stack>
      </form>
    </Paper>
  );
}

function FormError({ error }: { error: unknown }) {
  const { title, remedy } = errorText(error);
  return (
    <Text role="alert" c="var(--mantine-color-error)" mb="md">
      {title} {remedy}
    </Text>
  );
}
