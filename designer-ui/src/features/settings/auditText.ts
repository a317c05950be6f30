import type { TFunction } from 'i18next';
import type { AuditEntry } from '@/api/queries/settings';
import { formatDateTime, formatMoney } from '@/lib/format';

type T = TFunction<'settings'>;

const longest = 80;

/** Acts that the trail knows, as the server names them. */
export const auditActions = [
  'signedIn',
  'signedOut',
  'signInRefused',
  'passwordChanged',
  'userCreated',
  'userChanged',
  'groupCreated',
  'groupChanged',
  'groupDeleted',
  'departmentCreated',
  'departmentChanged',
  'departmentDeleted',
  'tokenCreated',
  'tokenRevoked',
  'mailSettingsChanged',
  'definitionCreated',
  'definitionPublished',
  'definitionDeleted',
  'template.saved',
  'pipeline.created',
  'pipeline.changed',
  'deal.created',
  'deal.changed',
  'deal.stageChanged',
  'deal.deleted',
  'deal.restored',
  'contact.created',
  'contact.changed',
  'contact.deleted',
  'company.created',
  'company.changed',
  'company.deleted',
  'file.uploaded',
  'file.deleted',
  'run.retry',
  'run.skip',
  'run.cancel',
  'run.setVariables',
] as const;

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
  'deals',
  'contacts',
  'companies',
  'pipelines',
  'file',
  'run',
] as const;

/** "Deal moved" for `deal.stageChanged`; an act that this page does not know keeps its name. */
export const actionText = (t: T, action: string): string =>
  t(`audit.actions.${action.replaceAll('.', '_')}` as 'audit.actions.signedIn', { defaultValue: action });

export const objectTypeText = (t: T, type: string): string =>
  t(`audit.objects.${type}` as 'audit.objects.users', { defaultValue: type });

const fieldText = (t: T, field: string): string =>
  t(`audit.fields.${field}` as 'audit.fields.name', { defaultValue: field });

type Detail = Record<string, unknown> & {
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  card?: Record<string, unknown>;
  changes?: Record<string, { before?: unknown; after?: unknown }>;
};

const detailOf = (entry: AuditEntry): Detail => (entry.detail ?? {}) as Detail;
const word = (value: unknown) => (typeof value === 'string' ? value : '');

/** What was acted on: its type, and its name as far as the entry or the directory knows it. */
export function objectText(
  t: T,
  entry: AuditEntry,
  names: ReadonlyMap<string, string>,
): { type: string; name: string } {
  const [type = '', ...rest] = entry.object.split(':');
  const id = rest.join(':');
  const { card, before, after, name, detail } = detailOf(entry);
  const known =
    word(card?.title) ||
    word(name) ||
    word(after?.name) ||
    word(before?.name) ||
    names.get(id) ||
    (type === 'file' ? word(detail).split(' of ')[0] : '') ||
    '';
  // Ids of sessions are hashes that nobody knows; keys of processes are words.
  const readable = /^[a-z][a-z0-9-]{0,40}$/.test(id) && !/\d{6}/.test(id) ? id : '';
  return { type: objectTypeText(t, type), name: known || readable };
}

function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return '–';
  if (typeof value === 'boolean') return value ? '✓' : '✗';
  if (typeof value === 'object' && 'amount' in value && 'currency' in value)
    return formatMoney(value as { amount: number; currency: string });
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return formatDateTime(value);
  const text = Array.isArray(value)
    ? value.map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item))).join(', ')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

// What every entry says anyway, and what means nothing to people.
const silent = new Set(['id', 'rev', 'createdAt', 'updatedAt', 'userId', 'hash', 'publishedAt']);

/** What changed, one "Field: before → after" per line; fields that stayed are left out. */
export function changesOf(t: T, entry: AuditEntry): string[] {
  const { before, after, changes, fromName, toName, version, note, detail } = detailOf(entry);
  const lines: string[] = [];
  if (word(toName)) {
    lines.push(
      `${fieldText(t, 'stage')}: ${word(fromName) ? `${word(fromName)} → ${word(toName)}` : word(toName)}`,
    );
  }
  for (const [field, change] of Object.entries(changes ?? {})) {
    lines.push(`${fieldText(t, field)}: ${shown(change.before)} → ${shown(change.after)}`);
  }
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  for (const name of names) {
    if (silent.has(name) || JSON.stringify(before?.[name]) === JSON.stringify(after?.[name])) continue;
    lines.push(
      before === undefined
        ? `${fieldText(t, name)}: ${shown(after?.[name])}`
        : `${fieldText(t, name)}: ${shown(before[name])} → ${shown(after?.[name])}`,
    );
  }
  if (typeof version === 'number') lines.push(`${fieldText(t, 'version')}: ${version}`);
  if (word(note)) lines.push(`${fieldText(t, 'note')}: ${shown(note)}`);
  if (word(detail) && entry.action.startsWith('run.'))
    lines.push(`${fieldText(t, 'reason')}: ${shown(detail)}`);
  return lines;
}
