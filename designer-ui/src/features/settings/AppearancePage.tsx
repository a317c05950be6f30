import {
  type MantineColorScheme,
  Paper,
  Radio,
  Select,
  Stack,
  Switch,
  useMantineColorScheme,
} from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { chooseLanguage } from '@/features/shell';
import { isLanguage, languageNames, languages } from '@/i18n';
import { usePreferences } from '@/lib/preferences';
import { Page } from '@/ui';

/** Language and appearance of this browser. */
export function AppearancePage() {
  const { t, i18n } = useTranslation(['settings', 'common']);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const preferences = usePreferences();
  return (
    <Page title={t('settings:appearance.title')} description={t('settings:appearance.text')} width="narrow">
      <Paper withBorder p="xl" radius="xl">
        <Stack gap="xl">
          <Select
            label={t('common:shell.language')}
            maw={280}
            allowDeselect={false}
            data={languages.map((language) => ({ value: language, label: languageNames[language] }))}
            value={i18n.language}
            onChange={(language) => isLanguage(language) && void chooseLanguage(language)}
          />
          <Radio.Group
            label={t('common:shell.appearance')}
            value={colorScheme}
            onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}
          >
            <Stack gap="sm" mt="sm">
              {(['light', 'dark', 'auto'] as const).map((scheme) => (
                <Radio key={scheme} value={scheme} label={t(`common:shell.scheme.${scheme}`)} />
              ))}
            </Stack>
          </Radio.Group>
          <Switch
            label={t('settings:appearance.singleKeys')}
            description={t('settings:appearance.singleKeysText')}
            checked={preferences.singleKeys}
            onChange={(event) => preferences.set({ singleKeys: event.currentTarget.checked })}
          />
          <Switch
            label={t('settings:appearance.openNext')}
            description={t('settings:appearance.openNextText')}
            checked={preferences.openNextTask}
            onChange={(event) => preferences.set({ openNextTask: event.currentTarget.checked })}
          />
        </Stack>
      </Paper>
    </Page>
  );
}
