import { useTranslation } from 'react-i18next';
import { EmptyState, Page } from '@/ui';

export function BoardPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.board')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}

export function DealPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.deal')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}

export function ContactsPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.contacts')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}

export function CompaniesPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.companies')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}
