import { useMantineColorScheme } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { openPalette, openShortcutSheet } from '@/features/command-palette';
import { useCommands } from '@/lib/commands';
import { navigationItems } from './navigation';

/** Commands that work everywhere: going places, the palette, the sheet, the colour scheme. */
export function useGlobalCommands(): void {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { toggleColorScheme } = useMantineColorScheme();
  useCommands([
    ...navigationItems.map((item) => ({
      id: `go.${item.id}`,
      title: t('palette.goTo', { page: t(`nav.${item.id}`) }),
      section: t('palette.section.navigation'),
      shortcut: item.shortcut,
      run: () => void navigate({ to: item.to as '/' }),
    })),
    {
      id: 'palette.open',
      title: t('palette.open'),
      section: t('palette.section.general'),
      shortcut: 'mod+k',
      hidden: true,
      run: openPalette,
    },
    {
      id: 'shortcuts.open',
      title: t('palette.shortcuts'),
      section: t('palette.section.general'),
      shortcut: '?',
      run: openShortcutSheet,
    },
    {
      id: 'scheme.toggle',
      title: t('palette.toggleScheme'),
      section: t('palette.section.general'),
      run: () => toggleColorScheme(),
    },
  ]);
}
