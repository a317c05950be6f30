import { useTranslation } from 'react-i18next';
import { EmptyState, Page } from '@/ui';

export function RunsPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.runs')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}

export function RunPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.run')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}

export function DefinitionRunsPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.definitionRuns')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}
