import type { TFunction } from 'i18next';
import type { AuditEntry } from '@/api/queries/settings';
import { formatDateTime, formatMoney } from '@/lib/format';
import actions from '../../../../schemas/text/actions.json';

type T = TFunction<'settings'>;

const longest = 80;

const names: Readonly<Record<string, Readonly<Record<string, string>>>> = actions;

/** Acts that the trail knows, as the server names them. */
export const auditActions: readonly string[] = Object.keys(actions);

/** Types of what is acted on, as they start an entry's object: "deals:<id>". */
export const auditObjects = [
  'users',
  'groups',
  'departments',
  'sessions',
  'apiTokens',
  'mailSettings',
  'definitions',
  'templates',
  'records',
  'deals',
  'activities',
  'posts',
  'postComments',
  'contacts',
  'companies',
  'pipelines',
  'file',
  'run',
  'absences',
  'binRules',
  'bookings',
  'calendars',
  'crmSettings',
  'dictionaries',
  'exceptions',
  'forms',
  'import',
  'job',
  'merges',
  'message',
  'products',
  'recordTypes',
  'repair',
  'resources',
  'retention',
  'roles',
  'signal',
  'stageBoards',
  'statusProcesses',
  'suspension',
  'triggerHooks',
  'vault',
  'view',
  'workdays',
] as const;

/** "Deal moved" for `deal.stageChanged`; an act that has no name keeps its key. */
export const actionText = (language: string, action: string): string => names[action]?.[language] ?? action;

export const objectTypeText = (t: T, type: string): string =>
  t(`audit.objects.${type}` as 'audit.objects.users', { defaultValue: type });

const fieldText = (t: T, field: string): string =>
  t(`audit.fields.${field}` as 'audit.fields.name', { defaultValue: field });

/** What was acted on: its type, and its name as far as the server knows it. */
export function objectText(t: T, entry: AuditEntry): { type: string; name: string } {
  const [type = '', ...rest] = entry.object.split(':');
  const id = rest.join(':');
  // Ids of sessions are hashes that nobody knows; keys of processes are words.
  const readable = /^[a-z][a-z0-9-]{0,40}$/.test(id) && !/\d{6}/.test(id) ? id : '';
  return { type: objectTypeText(t, type), name: entry.objectName || readable };
}

/** What the values of an entry are called: people by their names, records by their types. */
export type AuditNames = { person: (id: string) => string | undefined; type: (type: string) => string };

const named = (value: object, names: AuditNames): string | undefined =>
  'type' in value && 'id' in value && typeof value.type === 'string' ? names.type(value.type) : undefined;

function shown(value: unknown, names: AuditNames): string {
  if (value === undefined || value === null || value === '') return '–';
  if (typeof value === 'boolean') return value ? '✓' : '✗';
  if (typeof value === 'object' && 'amount' in value && 'currency' in value)
    return formatMoney(value as { amount: number; currency: string });
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return formatDateTime(value);
  const one = (item: unknown) =>
    typeof item === 'object' && item !== null
      ? (named(item, names) ?? JSON.stringify(item))
      : (names.person(String(item)) ?? String(item));
  const text = Array.isArray(value) ? value.map(one).join(', ') : one(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

// The actor stands in the line already.
const silent = new Set(['userId']);
const empty = (value: unknown) => value === null || value === undefined || value === '';

/** What changed, one "Field: before → after" per line; what is new says only what it is. */
export function changesOf(t: T, entry: AuditEntry, names: AuditNames): string[] {
  return entry.changes
    .filter(({ field, before, after }) => !silent.has(field) && !(empty(before) && empty(after)))
    .map(({ field, before, after }) =>
      empty(before)
        ? `${fieldText(t, field)}: ${shown(after, names)}`
        : `${fieldText(t, field)}: ${shown(before, names)} → ${shown(after, names)}`,
    );
}
