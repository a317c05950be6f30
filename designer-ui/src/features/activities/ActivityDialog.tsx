import { Button, Group, Modal, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type Page } from '@/api/client';
import { isApiError } from '@/api/problem';
import type { FileInfo } from '@/api/types';
import { ErrorSummary, type FieldError, type JsonSchema, SchemaForm, validateForm } from '@/features/forms';
import { errorSentences, notifyDone } from '@/ui';
import {
  type Activity,
  type ActivityPatch,
  type ActivityType,
  changeActivity,
  planActivity,
  type RecordRef,
} from './api';
import { activityTypes, colors } from './looks';
import { nextHour } from './time';

type Named = { id: string; name: string };

/** What is planned anew: its type, where it begins, what it is about. */
export type Plan = {
  type: ActivityType;
  start?: Date;
  record?: RecordRef;
  responsibleId?: string;
  contacts?: Named[];
  /** Contacts of this company may come, too. */
  companyId?: string;
};

type Props = { activity?: Activity; plan?: Plan; onClose: () => void };

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);

/** Plans an activity or changes one that is planned. */
export function ActivityDialog({ activity, plan, onClose }: Props) {
  const { t } = useTranslation(['activities', 'common']);
  const client = useQueryClient();
  const [value, setValue] = useState<Record<string, unknown>>(() => initial(activity, plan));
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const records = activity?.records ?? (plan?.record ? [plan.record] : []);
  const owner = records.find(({ type }) => type !== 'contact' && type !== 'company');

  const colleagues = useQuery({
    queryKey: ['contacts', 'of', plan?.companyId],
    queryFn: ({ signal }) =>
      api.get<Page<Named>>('/contacts', { company: plan?.companyId, limit: 100 }, signal),
    enabled: Boolean(plan?.companyId),
  });
  const contacts = useMemo(() => {
    const known = new Map<string, string>();
    for (const id of activity?.contacts ?? []) known.set(id, activity?.names[`contact:${id}`] ?? id);
    for (const one of [...(plan?.contacts ?? []), ...(colleagues.data?.items ?? [])])
      known.set(one.id, one.name);
    return [...known].map(([id, name]) => ({ id, name }));
  }, [activity, plan, colleagues.data]);

  const type = text(value.type) as ActivityType;
  const lasts = type === 'meeting' || Boolean(activity?.start);
  const schema: JsonSchema = {
    type: 'object',
    required: lasts ? ['type', 'title', 'start'] : ['type', 'title'],
    properties: {
      type: {
        title: t('activities:field.type'),
        enum: [...activityTypes],
        'x-labels': Object.fromEntries(activityTypes.map((one) => [one, t(`activities:type.${one}`)])),
      },
      title: { type: 'string', title: t('activities:field.title'), maxLength: 200 },
      ...(lasts
        ? {
            start: { type: 'string', format: 'date-time', title: t('activities:field.start') },
            end: { type: 'string', format: 'date-time', title: t('activities:field.end') },
          }
        : {
            deadline: { type: 'string', format: 'date-time', title: t('activities:field.deadline') },
          }),
      responsibleId: {
        type: 'string',
        title: t('activities:field.responsible'),
        description: records.length > 0 ? t('activities:field.responsibleHelp') : undefined,
        'x-widget': 'user-picker',
      },
      participants: {
        type: 'array',
        title: t('activities:field.participants'),
        items: { type: 'string' },
        'x-widget': 'user-picker',
        'x-many': true,
      },
      ...(contacts.length > 0 && {
        contacts: {
          type: 'array' as const,
          title: t('activities:field.contacts'),
          items: {
            enum: contacts.map(({ id }) => id),
            'x-labels': Object.fromEntries(contacts.map(({ id, name }) => [id, name])),
          },
        },
      }),
      ...(lasts && {
        room: {
          type: 'string' as const,
          title: t('activities:field.room'),
          description: t('activities:field.roomHelp'),
          'x-widget': 'resource-picker',
        },
      }),
      ...(type === 'meeting' && {
        place: { type: 'string' as const, title: t('activities:field.place'), maxLength: 500 },
        address: { type: 'string' as const, title: t('activities:field.address'), maxLength: 300 },
      }),
      text: { type: 'string', title: t('activities:field.text'), maxLength: 10_000 },
      link: {
        type: 'string',
        title: t('activities:field.link'),
        maxLength: 300,
        'x-advanced': type !== 'meeting',
      },
      ...(owner && {
        files: {
          type: 'array' as const,
          title: t('activities:field.files'),
          items: { type: 'string' },
          'x-widget': 'file',
          'x-advanced': true,
        },
        closeOnStageChange: {
          type: 'boolean' as const,
          title: t('activities:field.closes'),
          description: t('activities:field.closesHelp'),
          'x-advanced': true,
        },
      }),
      calendar: { type: 'boolean', title: t('activities:field.calendar'), default: true, 'x-advanced': true },
      color: {
        title: t('activities:field.color'),
        enum: [...colors],
        'x-labels': Object.fromEntries(colors.map((one) => [one, t(`activities:color.${one}`)])),
        'x-advanced': true,
      },
    },
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = validateForm(schema, value);
    setTried(true);
    setErrors(found);
    setFailure(null);
    if (found.length > 0) return;
    setBusy(true);
    try {
      const patch = patchOf(value, lasts);
      if (activity) await changeActivity(activity, patch);
      else await planActivity({ ...patch, records });
      notifyDone(t(activity ? 'activities:saved' : 'activities:planned'));
      void client.invalidateQueries({ queryKey: ['activities'] });
      void client.invalidateQueries({ queryKey: ['bookings'] });
      onClose();
    } catch (error) {
      const named = isApiError(error) ? error.details.filter(({ path }) => path?.split('/')[1]) : [];
      setErrors(named.map(({ path = '', message }) => ({ path, message })));
      if (named.length === 0) setFailure(errorSentences(error));
      setBusy(false);
    }
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title={activity ? t('activities:change') : t(`activities:plan.${type}`)}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="lg">
          {errors.length > 1 && <ErrorSummary schema={schema} errors={errors} idPrefix="activity" />}
          {failure && (
            <p role="alert" style={{ color: 'var(--fx-status-failed)', fontSize: 13 }}>
              {failure}
            </p>
          )}
          <SchemaForm
            schema={schema}
            value={value}
            errors={errors}
            idPrefix="activity"
            upload={
              owner &&
              ((file) => {
                const form = new FormData();
                form.set('owner', `${owner.type}:${owner.id}`);
                form.set('file', file);
                return api.post<FileInfo>('/files', form);
              })
            }
            onChange={(next) => {
              setValue(next);
              if (tried) setErrors(validateForm(schema, next));
            }}
          />
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={busy}>
              {activity ? t('common:action.save') : t('activities:planIt')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function initial(activity?: Activity, plan?: Plan): Record<string, unknown> {
  if (activity) {
    const { type, title, text, deadline, start, end, responsibleId, participants, contacts } = activity;
    const { room, place, address, link, files, closeOnStageChange, calendar, color } = activity;
    const all = { type, title, text, deadline, start, end, responsibleId, participants, contacts };
    const filled = { ...all, room, place, address, link, files, closeOnStageChange, calendar, color };
    return Object.fromEntries(
      Object.entries(filled).filter(([, one]) => one !== null && one !== undefined && one !== ''),
    );
  }
  const begin = plan?.start ?? nextHour();
  const end = new Date(+begin + 3_600_000);
  return {
    type: plan?.type ?? 'other',
    deadline: begin.toISOString(),
    start: begin.toISOString(),
    end: end.toISOString(),
    ...(plan?.responsibleId && { responsibleId: plan.responsibleId }),
    contacts: plan?.contacts?.map(({ id }) => id) ?? [],
  };
}

/** The fields that the form shows; what it does not show for this type is cleared. */
function patchOf(value: Record<string, unknown>, lasts: boolean): ActivityPatch {
  const type = text(value.type) as ActivityType;
  return {
    type,
    title: text(value.title),
    text: text(value.text),
    deadline: lasts ? '' : text(value.deadline),
    start: lasts ? text(value.start) : '',
    end: lasts ? text(value.end) : '',
    responsibleId: text(value.responsibleId),
    participants: list(value.participants),
    contacts: list(value.contacts),
    room: lasts ? text(value.room) : '',
    place: type === 'meeting' ? text(value.place) : '',
    address: type === 'meeting' ? text(value.address) : '',
    link: text(value.link),
    files: list(value.files),
    closeOnStageChange: value.closeOnStageChange === true,
    calendar: value.calendar !== false,
    ...(typeof value.color === 'string' && { color: value.color }),
  };
}
