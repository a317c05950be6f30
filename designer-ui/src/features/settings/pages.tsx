import { Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { EmptyState, Page } from '@/ui';

export function SettingsLayout() {
  return <Outlet />;
}

function Empty() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.settings')}>
      <EmptyState title={t('state.nothingHere')} />
    </Page>
  );
}

export const AppearancePage = Empty;
export const AuditPage = Empty;
export const DepartmentsPage = Empty;
export const GroupsPage = Empty;
export const MailPage = Empty;
export const OutboxPage = Empty;
export const TokensPage = Empty;
export const UsersPage = Empty;
