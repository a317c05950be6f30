import {
  Archive,
  Ban,
  Building,
  CalendarDays,
  CalendarOff,
  DoorOpen,
  FileInput,
  KeyRound,
  LockKeyhole,
  type LucideIcon,
  Mail,
  MailOpen,
  Palette,
  ScrollText,
  Shapes,
  ShieldCheck,
  TextCursorInput,
  UserRound,
  UsersRound,
} from 'lucide-react';
import type { Permission } from '@/api/types';

/** One page of the settings. */
type Entry<Id extends string> = {
  /** Names the page in the texts: `settings:<id>.title`. */
  id: Id;
  path: string;
  icon: LucideIcon;
  /** Who may open it, everybody if absent. The server asks again. */
  permission?: Permission;
};

type Group<Id extends string> = {
  id: 'own' | 'company' | 'crm' | 'system';
  entries: readonly Entry<Id>[];
};

const groups = [
  {
    id: 'own',
    entries: [
      { id: 'appearance', path: '/settings', icon: Palette },
      { id: 'absences', path: '/settings/absences', icon: CalendarOff },
      { id: 'tokens', path: '/settings/tokens', icon: KeyRound },
    ],
  },
  {
    id: 'company',
    entries: [
      { id: 'users', path: '/settings/users', icon: UserRound, permission: 'users.manage' },
      { id: 'departments', path: '/settings/departments', icon: Building, permission: 'users.manage' },
      { id: 'groups', path: '/settings/groups', icon: UsersRound, permission: 'users.manage' },
      { id: 'roles', path: '/settings/roles', icon: ShieldCheck, permission: 'users.manage' },
      { id: 'calendars', path: '/settings/calendars', icon: CalendarDays, permission: 'settings.manage' },
      { id: 'resources', path: '/settings/resources', icon: DoorOpen, permission: 'settings.manage' },
    ],
  },
  {
    id: 'crm',
    entries: [
      { id: 'types', path: '/settings/types', icon: Shapes, permission: 'pipelines.edit' },
      { id: 'fields', path: '/settings/fields', icon: TextCursorInput, permission: 'pipelines.edit' },
      { id: 'forms', path: '/settings/forms', icon: FileInput, permission: 'crm.view' },
      { id: 'exceptions', path: '/settings/exceptions', icon: Ban, permission: 'crm.view' },
    ],
  },
  {
    id: 'system',
    entries: [
      { id: 'mail', path: '/settings/mail', icon: Mail, permission: 'settings.manage' },
      { id: 'secrets', path: '/settings/secrets', icon: LockKeyhole, permission: 'settings.manage' },
      { id: 'outbox', path: '/settings/outbox', icon: MailOpen },
      { id: 'retention', path: '/settings/retention', icon: Archive, permission: 'settings.manage' },
      { id: 'audit', path: '/settings/audit', icon: ScrollText, permission: 'audit.view' },
    ],
  },
] as const satisfies readonly Group<string>[];

export type SettingsGroup = Group<(typeof groups)[number]['entries'][number]['id']>;

/** The menu of the settings, in its order. */
export const settingsGroups: readonly SettingsGroup[] = groups;
