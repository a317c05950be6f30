import { useTranslation } from 'react-i18next';
import { EmptyState, Page } from '@/ui';

export function WorklistPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.tasks')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}
