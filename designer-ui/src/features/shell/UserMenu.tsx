import { type MantineColorScheme, Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { CalendarOff, Check, Keyboard, LogOut, Mail, MailCheck, Search } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { forgetAll, leaveBy, savePreferences, sessionQuery, signOut } from '@/api/queries/session';
import { live } from '@/api/ws';
import { openPalette, openShortcutSheet } from '@/features/command-palette';
import { useUser } from '@/features/identity/useSession';
import { isLanguage, languageNames, languages } from '@/i18n';
import { notifyError, UserAvatar } from '@/ui';
import classes from './AppLayout.module.css';
import { chooseLanguage } from './chooseLanguage';

/** The person's own menu: language, appearance, help, sign-out. Mounted by the first click, so it starts open. */
export function UserMenu() {
  const { t, i18n } = useTranslation();
  const user = useUser();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const { colorScheme, setColorScheme } = useMantineColorScheme();

  const mailTasks = async () => {
    try {
      await savePreferences({ taskMail: !user.taskMail });
      await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey, exact: true });
    } catch (error) {
      notifyError(error);
    }
  };

  const leave = async () => {
    const { href } = router.state.location;
    let left = false;
    leaveBy(async () => {
      try {
        await signOut();
        live.close();
        left = true;
      } catch (error) {
        notifyError(error);
      }
    });
    // The page may ask whether to stay. Below the shell nobody expects that there is no session: it is forgotten last.
    await navigate({ to: '/sign-in' });
    leaveBy(null);
    if (left) forgetAll(queryClient);
    else if (router.state.location.pathname === '/sign-in') router.history.push(href);
  };

  return (
    <Menu position="bottom-end" width={240} withInitialFocusPlaceholder={false} defaultOpened>
      <Menu.Target>
        <UnstyledButton className={classes.user} aria-label={t('shell.userMenu', { name: user.name })}>
          <UserAvatar name={user.name} size={28} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name} · {user.roles.map((role) => t(`role.${role}`)).join(', ')}
        </Menu.Label>
        <Menu.Item leftSection={<Search size={16} aria-hidden />} rightSection="Ctrl K" onClick={openPalette}>
          {t('palette.open')}
        </Menu.Item>
        <Menu.Item
          leftSection={<Keyboard size={16} aria-hidden />}
          rightSection="?"
          onClick={openShortcutSheet}
        >
          {t('palette.shortcuts')}
        </Menu.Item>
        <Menu.Item
          leftSection={<CalendarOff size={16} aria-hidden />}
          onClick={() => void navigate({ to: '/settings/absences' })}
        >
          {t('shell.myDay')}
        </Menu.Item>
        <Menu.Item
          role="menuitemcheckbox"
          aria-checked={user.taskMail ?? false}
          closeMenuOnClick={false}
          leftSection={user.taskMail ? <MailCheck size={16} aria-hidden /> : <Mail size={16} aria-hidden />}
          rightSection={user.taskMail ? <Check size={14} aria-hidden /> : undefined}
          onClick={() => void mailTasks()}
        >
          {t('shell.taskMail')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t('shell.appearance')}</Menu.Label>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}
        >
          {(['light', 'dark', 'auto'] as const).map((scheme) => (
            <Menu.RadioItem key={scheme} value={scheme}>
              {t(`shell.scheme.${scheme}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Label>{t('shell.language')}</Menu.Label>
        <Menu.RadioGroup
          value={i18n.language}
          onChange={(language) => isLanguage(language) && chooseLanguage(language)}
        >
          {languages.map((language) => (
            <Menu.RadioItem key={language} value={language} lang={language}>
              {languageNames[language]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={16} aria-hidden />} onClick={leave}>
          {t('shell.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
