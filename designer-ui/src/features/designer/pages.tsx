import { useTranslation } from 'react-i18next';
import { EmptyState, Page } from '@/ui';

export function DefinitionsPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.definitions')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}

export function DesignerPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.designer')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}
