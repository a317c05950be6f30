export {
  AppearancePage,
  AuditPage,
  DepartmentsPage,
  GroupsPage,
  MailPage,
  OutboxPage,
  SettingsLayout,
  TokensPage,
  UsersPage,
} from './pages';
