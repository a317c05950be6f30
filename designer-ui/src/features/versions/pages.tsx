import { useTranslation } from 'react-i18next';
import { EmptyState, Page } from '@/ui';

export function VersionsPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.versions')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}
