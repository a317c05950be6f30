import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { formatDateOnly, formatDateTime, formatMoney } from '@/lib/format';
import { isClient, recordTypesQuery } from './ownFields';
import type { Money, TimelineEntry } from './types';

type FieldChange = { before: unknown; after: unknown };

const isMoney = (value: unknown): value is Money =>
  typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value;

/** What stands where the name of a client is that the reader may not see. */
const isHidden = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (value as { hidden?: unknown }).hidden === true;

function show(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (isMoney(value)) return formatMoney(value);
  if (Array.isArray(value)) return value.map(show).join(', ') || '–';
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d(T00:00:00\.000Z)?$/.test(value))
    return formatDateOnly(value);
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return formatDateTime(value);
  return String(value);
}

const activityEvents = ['planned', 'moved', 'done', 'closed', 'canceled', 'reopened', 'deleted'] as const;
const activityEvent = (value: unknown) => activityEvents.find((name) => name === value) ?? 'planned';

const bookingEvents = ['reserved', 'moved', 'canceled', 'carried'] as const;
const bookingEvent = (value: unknown) => bookingEvents.find((name) => name === value) ?? 'reserved';

const word = (value: unknown) => (typeof value === 'string' ? value : '');

/** "Marta Nowak" for `"Marta Nowak" <marta@…>`, several with commas; an address without a name stays. */
export function addressees(to: string): string {
  const one = /(?:"((?:[^"\\]|\\.)*)"|([^",<>]+?))\s*<([^>]*)>|([^\s,<>]+@[^\s,<>]+)/g;
  const names = [...to.matchAll(one)].map(([, quoted, plain, address, bare]) =>
    (quoted?.replace(/\\(.)/g, '$1') || plain?.trim() || address || bare || '').trim(),
  );
  return names.length > 0 ? names.join(', ') : to;
}

/** The author's label of an outcome, else its name as a word: "Needs work" for `needsWork`. */
export function outcomeText(data: Record<string, unknown>): string {
  const label = word(data.outcomeLabel);
  if (label) return label;
  const words = word(data.outcome)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export type EntryFile = { id?: string; name: string; link?: string; type?: string };

/** The documents that an entry tells of. */
export function filesOf(entry: TimelineEntry): EntryFile[] {
  const { files } = entry.data ?? {};
  return Array.isArray(files) ? files.filter((file): file is EntryFile => Boolean(word(file?.name))) : [];
}

/** The subject stands in the line itself, not below it as something said. */
export const mailSubject = (entry: TimelineEntry) => word(entry.data?.subject) || (entry.text ?? '');

/** What happened, in the reader's language. */
export function useEntryText(): (entry: TimelineEntry) => string {
  const { t } = useTranslation('crm');
  const types = useQuery(recordTypesQuery);
  const own = types.data?.items.flatMap((type) => type.fields).filter((one) => !one.standard) ?? [];
  const fieldName = (field: string): string => {
    const label = own.find((one) => one.key === field)?.label;
    if (label) return label;
    switch (field) {
      case 'title':
      case 'company':
      case 'contact':
      case 'responsible':
      case 'amount':
      case 'expectedCloseAt':
      case 'comment':
      case 'products':
      case 'contacts':
      case 'firstName':
      case 'lastName':
      case 'companyName':
      case 'email':
      case 'phone':
      case 'site':
      case 'source':
        return t(`field.${field}`);
      default:
        return field;
    }
  };
  return (entry) => {
    const data = entry.data ?? {};
    switch (entry.kind) {
      case 'created':
        return t('story.created');
      case 'deleted':
        return t('story.deleted');
      case 'restored':
        return t('story.restored');
      case 'linked': {
        if (data.way === 'none') return t('story.linkedNone');
        const title = word(data.title) || (isClient(word(data.type)) ? t('party.hidden') : '');
        const here = data.way === 'to';
        if (data.how === 'copy') return t(here ? 'story.linkedToCopy' : 'story.linkedFromCopy', { title });
        if (data.how === 'repeat')
          return t(here ? 'story.linkedToRepeat' : 'story.linkedFromRepeat', { title });
        return t(here ? 'story.linkedToConvert' : 'story.linkedFromConvert', { title });
      }
      case 'comment':
        return t('story.commented');
      case 'stageChanged':
        return t(data.trigger ? 'story.movedByTrigger' : 'story.stageChanged', {
          from: word(data.from),
          to: word(data.to),
        });
      case 'responsibleChanged': {
        const change = data.responsible as FieldChange | undefined;
        return t('story.responsibleChanged', { before: show(change?.before), after: show(change?.after) });
      }
      case 'fieldChanged':
        return Object.entries(data)
          .map(([field, change]) => {
            const { before, after } = change as FieldChange;
            return t('story.fieldChanged', {
              field: fieldName(field),
              before: isHidden(before) ? t('party.hidden') : show(before),
              after: isHidden(after) ? t('party.hidden') : show(after),
            });
          })
          .join('; ');
      case 'document': {
        const count = filesOf(entry).length;
        return count > 0 ? t('story.documents', { count }) : t('story.document', { name: word(data.name) });
      }
      case 'form':
        return t(data.kind === 'callback' ? 'story.callback' : 'story.form', { name: word(data.name) });
      case 'mail':
        return t('story.mail', { to: addressees(word(data.to)), subject: mailSubject(entry) });
      case 'run': {
        const name = word(data.definitionName) || word(data.definition);
        switch (data.event) {
          case 'started':
            return t('story.runStarted', { name });
          case 'completed':
            return t('story.runCompleted', { name });
          case 'canceled':
            return t('story.runCanceled', { name });
          case 'failed':
            return t('story.runFailed', { name });
          case 'chainTooLong':
            return t('story.chainTooLong', { name });
          default:
            return t('story.runNotStarted', { name, reason: word(data.reason) });
        }
      }
      case 'history':
        return t('story.history');
      case 'hold':
        return t('story.hold');
      case 'activity':
        return t(`story.activity.${activityEvent(data.event)}`, { title: word(data.title) });
      case 'documentRemoved':
        return t('story.documentRemoved', {
          name: Array.isArray(data.files)
            ? data.files.map((file: { name?: string }) => file.name ?? '').join(', ')
            : '',
        });
      case 'booking':
        return t(`story.booking.${bookingEvent(data.event)}`, { name: word(data.resource) });
      case 'task':
        return data.outcome
          ? t('story.taskDecided', { name: word(data.name), outcome: outcomeText(data) })
          : t('story.taskDone', { name: word(data.name) });
      default:
        return entry.kind;
    }
  };
}
