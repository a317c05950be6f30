import { Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Keyboard, Languages, LogOut, Monitor, Moon, Search, Sun } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { signOut } from '@/api/queries/session';
import { live } from '@/api/ws';
import { openPalette, openShortcutSheet } from '@/features/command-palette';
import { useUser } from '@/features/identity/useSession';
import { changeLanguage, isLanguage, languageNames, languages } from '@/i18n';
import { notifyError, UserAvatar } from '@/ui';

/** The person's own menu: language, appearance, help, sign-out. */
export function UserMenu() {
  const { t, i18n } = useTranslation();
  const user = useUser();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();

  const leave = async () => {
    try {
      await signOut();
    } catch (error) {
      notifyError(error);
      return;
    }
    live.close();
    queryClient.clear();
    await navigate({ to: '/sign-in' });
  };

  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton
          aria-label={t('shell.userMenu', { name: user.name })}
          style={{ borderRadius: 999, padding: 4 }}
        >
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
        <Menu.Divider />
        <Menu.Label>{t('shell.appearance')}</Menu.Label>
        {(
          [
            ['light', Sun],
            ['dark', Moon],
            ['auto', Monitor],
          ] as const
        ).map(([scheme, Icon]) => (
          <Menu.Item
            key={scheme}
            role="menuitemradio"
            aria-checked={colorScheme === scheme}
            bg={colorScheme === scheme ? 'var(--fx-bg-selected)' : undefined}
            leftSection={<Icon size={16} aria-hidden />}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`shell.scheme.${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t('shell.language')}</Menu.Label>
        {languages.map((language) => (
          <Menu.Item
            key={language}
            lang={language}
            role="menuitemradio"
            aria-checked={i18n.language === language}
            bg={i18n.language === language ? 'var(--fx-bg-selected)' : undefined}
            leftSection={<Languages size={16} aria-hidden />}
            onClick={() => isLanguage(language) && changeLanguage(language)}
          >
            {languageNames[language]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={16} aria-hidden />} onClick={leave}>
          {t('shell.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
