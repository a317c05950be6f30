import { useTranslation } from 'react-i18next';
import { EmptyState, Page } from '@/ui';

export function HomePage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.home')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}
