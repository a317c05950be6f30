import type { LucideIcon } from 'lucide-react';
import {
  Activity,
  Building2,
  CalendarDays,
  House,
  ListChecks,
  MessagesSquare,
  Package,
  Settings,
  SquareKanban,
  UsersRound,
  Workflow,
} from 'lucide-react';
import type { Permission } from '@/api/types';

export type NavigationItem = {
  id:
    | 'home'
    | 'tasks'
    | 'calendar'
    | 'feed'
    | 'board'
    | 'contacts'
    | 'companies'
    | 'products'
    | 'definitions'
    | 'runs'
    | 'settings';
  to:
    | '/'
    | '/tasks'
    | '/calendar'
    | '/feed'
    | '/crm/deals'
    | '/crm/contacts'
    | '/crm/companies'
    | '/crm/products'
    | '/definitions'
    | '/runs'
    | '/settings';
  icon: LucideIcon;
  shortcut: string;
  /** What one must be allowed to do to see it. */
  permission?: Permission;
};

/** The rail from top to bottom. */
export const navigationItems: readonly NavigationItem[] = [
  { id: 'home', to: '/', icon: House, shortcut: 'g h' },
  { id: 'tasks', to: '/tasks', icon: ListChecks, shortcut: 'g i' },
  { id: 'calendar', to: '/calendar', icon: CalendarDays, shortcut: 'g a' },
  { id: 'feed', to: '/feed', icon: MessagesSquare, shortcut: 'g f' },
  { id: 'board', to: '/crm/deals', icon: SquareKanban, shortcut: 'g p', permission: 'crm.view' },
  { id: 'contacts', to: '/crm/contacts', icon: UsersRound, shortcut: 'g c', permission: 'crm.view' },
  { id: 'companies', to: '/crm/companies', icon: Building2, shortcut: 'g o', permission: 'crm.view' },
  { id: 'products', to: '/crm/products', icon: Package, shortcut: 'g k', permission: 'crm.view' },
  { id: 'definitions', to: '/definitions', icon: Workflow, shortcut: 'g d', permission: 'definitions.view' },
  { id: 'runs', to: '/runs', icon: Activity, shortcut: 'g r', permission: 'runs.view' },
  { id: 'settings', to: '/settings', icon: Settings, shortcut: 'g s' },
];

const parties: Record<string, NavigationItem['id']> = {
  contact: 'contacts',
  company: 'companies',
  product: 'products',
};

/** The entry of the rail that stands for a page whose address does not begin as the entry's own. */
export function entryOf(pathname: string): NavigationItem['id'] | undefined {
  const [, area = '', page = '', type = ''] = pathname.split('/');
  switch (area) {
    case 'crm':
      if (page === 'import' || page === 'duplicates') return parties[type] ?? 'board';
      // One entry stands for the boards of all record types, for their automation and the bin.
      return Object.values(parties).find((id) => id === page) ?? 'board';
    case 'forms':
      return 'settings';
    case 'gallery':
    case 'status-processes':
      return 'definitions';
    default:
      return undefined;
  }
}
