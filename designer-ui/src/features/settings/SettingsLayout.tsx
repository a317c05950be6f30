import { Link, Outlet } from '@tanstack/react-router';
import {
  Building,
  CalendarDays,
  CalendarOff,
  FileInput,
  KeyRound,
  type LucideIcon,
  Mail,
  MailOpen,
  Palette,
  Scale,
  ScrollText,
  ShieldCheck,
  TextCursorInput,
  UserRound,
  UsersRound,
} from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Permission } from '@/api/types';
import { useMay } from '@/features/identity/useSession';
import classes from './SettingsLayout.module.css';

type Entry = {
  id:
    | 'appearance'
    | 'absences'
    | 'tokens'
    | 'users'
    | 'departments'
    | 'groups'
    | 'roles'
    | 'calendars'
    | 'fields'
    | 'forms'
    | 'mail'
    | 'outbox'
    | 'audit';
  to:
    | '/settings'
    | `/settings/${'absences' | 'tokens' | 'users' | 'departments' | 'groups' | 'roles' | 'calendars' | 'fields' | 'forms' | 'mail' | 'outbox' | 'audit'}`;
  icon: LucideIcon;
  permission?: Permission;
};

const own: readonly Entry[] = [
  { id: 'appearance', to: '/settings', icon: Palette },
  { id: 'absences', to: '/settings/absences', icon: CalendarOff },
  { id: 'tokens', to: '/settings/tokens', icon: KeyRound },
];

const company: readonly Entry[] = [
  { id: 'users', to: '/settings/users', icon: UserRound, permission: 'users.manage' },
  { id: 'departments', to: '/settings/departments', icon: Building, permission: 'users.manage' },
  { id: 'groups', to: '/settings/groups', icon: UsersRound, permission: 'users.manage' },
  { id: 'roles', to: '/settings/roles', icon: ShieldCheck, permission: 'users.manage' },
  { id: 'calendars', to: '/settings/calendars', icon: CalendarDays, permission: 'settings.manage' },
  { id: 'fields', to: '/settings/fields', icon: TextCursorInput, permission: 'pipelines.edit' },
  { id: 'forms', to: '/settings/forms', icon: FileInput, permission: 'crm.view' },
  { id: 'mail', to: '/settings/mail', icon: Mail, permission: 'settings.manage' },
  { id: 'outbox', to: '/settings/outbox', icon: MailOpen },
  { id: 'audit', to: '/settings/audit', icon: ScrollText, permission: 'audit.view' },
];

export function SettingsLayout() {
  const { t } = useTranslation(['settings', 'common']);
  return (
    <div className={classes.layout}>
      <nav className={classes.nav} aria-label={t('common:nav.settings')}>
        <span className={classes.group}>{t('settings:own')}</span>
        {own.map((entry) => (
          <SettingsLink key={entry.id} entry={entry} />
        ))}
        <span className={classes.group}>{t('settings:company')}</span>
        {company.map((entry) => (
          <SettingsLink key={entry.id} entry={entry} />
        ))}
        <a className={classes.link} href="/third-party-notices.txt" target="_blank" rel="noreferrer">
          <Scale size={16} aria-hidden />
          {t('settings:notices')}
        </a>
      </nav>
      <Outlet />
    </div>
  );
}

function SettingsLink({ entry }: { entry: Entry }) {
  const { t } = useTranslation('settings');
  const allowed = useMay(entry.permission);
  if (!allowed) return null;
  const Icon = entry.icon;
  return (
    <Link
      to={entry.to}
      className={classes.link}
      activeOptions={{ exact: true }}
      activeProps={{ 'data-active': 'true' } as object}
    >
      <Icon size={16} aria-hidden />
      {t(`${entry.id}.title`)}
    </Link>
  );
}
