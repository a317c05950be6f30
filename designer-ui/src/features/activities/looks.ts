import { CalendarCheck, type LucideIcon, Phone, SquareCheck, UsersRound } from 'lucide-react';
import { recordPath } from '@/lib/records';
import type { ActivityType, RecordRef } from './api';

/** The types in the order in which they are offered. */
export const activityTypes: readonly ActivityType[] = ['call', 'meeting', 'task', 'other'];

export const typeIcons: Readonly<Record<ActivityType, LucideIcon>> = {
  call: Phone,
  meeting: UsersRound,
  task: SquareCheck,
  other: CalendarCheck,
};

export const colors = ['yellow', 'green', 'blue', 'gray', 'red', 'orange', 'violet', 'teal'] as const;

const tokens: Readonly<Record<string, string>> = { yellow: 'amber', gray: 'grey' };

/** A color of activities as the theme knows it. */
export const paint = (color: string) => `var(--fx-colour-${tokens[color] ?? color})`;

/** The same for areas, where yellow may be yellow: what is written on it is not in that color. */
export const tint = (color: string) => (color === 'yellow' ? 'var(--fx-heat)' : paint(color));

/** Where a record is shown. */
export function pathOf(record: RecordRef): string {
  switch (record.type) {
    case 'contact':
      return '/crm/contacts';
    case 'company':
      return '/crm/companies';
    default:
      return recordPath(record.type, record.id);
  }
}
