import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CalendarX } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { fieldErrors } from '@/features/crm/fields';
import type { JsonSchema } from '@/features/forms';
import { EntityDialog } from '@/features/settings/EntityDialog';
import { notifyDone } from '@/ui';
import { type Booking, book, cancelBooking, moveBooking, resourcesQuery, type Wish } from './api';
import { ForRecord, type RecordChoice } from './ForRecord';
import { rangeText } from './time';

type Props = {
  /** What is booked already, or what to begin with. */
  booking?: Booking;
  wish?: Partial<Wish>;
  onClose: () => void;
};

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** Books a resource, or moves and cancels what is booked. */
export function BookingDialog({ booking, wish, onClose }: Props) {
  const { t } = useTranslation(['bookings', 'common']);
  const client = useQueryClient();
  const resources = useQuery(resourcesQuery);
  const [clash, setClash] = useState<Booking | null>(null);
  const [canceling, setCanceling] = useState(false);
  const [about, setAbout] = useState<RecordChoice>({});
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const choices = (resources.data?.items ?? []).filter(({ active }) => active);
  const times: Record<string, JsonSchema> = {
    from: { type: 'string', format: 'date-time', title: t('bookings:field.from') },
    to: { type: 'string', format: 'date-time', title: t('bookings:field.to') },
    userId: {
      type: 'string',
      title: t('bookings:field.employee'),
      description: t('bookings:field.employeeHelp'),
      'x-widget': 'user-picker',
    },
    note: { type: 'string', title: t('bookings:field.note'), maxLength: 300 },
  };
  const schema: JsonSchema = canceling
    ? {
        type: 'object',
        properties: { reason: { type: 'string', title: t('bookings:field.reason'), maxLength: 300 } },
      }
    : {
        type: 'object',
        required: booking ? ['from', 'to'] : ['resourceId', 'from', 'to'],
        properties: {
          ...(!booking && {
            resourceId: {
              title: t('bookings:field.resource'),
              enum: choices.map(({ id }) => id),
              'x-labels': Object.fromEntries(choices.map(({ id, name }) => [id, name])),
            },
          }),
          ...times,
        },
      };

  const submit = async (value: Record<string, unknown>) => {
    setClash(null);
    setWrong({});
    try {
      if (booking && canceling) {
        await cancelBooking(booking, text(value.reason));
        notifyDone(t('bookings:canceled', { name: booking.resourceName }));
      } else if (booking) {
        await moveBooking(booking, {
          from: text(value.from),
          to: text(value.to),
          userId: text(value.userId),
          note: text(value.note),
        });
        notifyDone(t('bookings:moved', { name: booking.resourceName }));
      } else {
        const made = await book({
          resourceId: text(value.resourceId),
          from: text(value.from),
          to: text(value.to),
          ...(text(value.userId) && { userId: text(value.userId) }),
          ...(text(value.note) && { note: text(value.note) }),
          ...(wish?.record ? { record: wish.record } : about.record && { record: about.record }),
          ...(wish?.field ? { field: wish.field } : about.record && about.field && { field: about.field }),
        });
        notifyDone(t('bookings:booked', { name: made.resourceName }));
      }
    } catch (error) {
      if (isApiError(error) && error.code === 'resource_busy')
        setClash((error.problem as unknown as { clash?: Booking }).clash ?? null);
      setWrong(fieldErrors(error));
      throw error;
    }
    void client.invalidateQueries({ queryKey: ['bookings'] });
    void client.invalidateQueries({ queryKey: ['records'] });
    onClose();
  };
  const begin = {
    resourceId: wish?.resourceId ?? (choices.length === 1 ? choices[0]?.id : undefined),
    from: booking?.from ?? wish?.from,
    to: booking?.to ?? wish?.to,
    userId: booking?.userId || wish?.userId || undefined,
    note: booking?.note || undefined,
  };
  return (
    <EntityDialog
      key={`${canceling}${resources.data ? 'known' : ''}`}
      title={
        canceling
          ? t('bookings:cancelOf', { name: booking?.resourceName })
          : booking
            ? t('bookings:changeOf', { name: booking.resourceName })
            : t('bookings:book')
      }
      schema={schema}
      initial={canceling ? {} : Object.fromEntries(Object.entries(begin).filter(([, one]) => one))}
      submitLabel={canceling ? t('bookings:cancel') : booking ? t('common:action.save') : t('bookings:book')}
      onSubmit={submit}
      onClose={onClose}
      footer={
        <>
          {!booking && !wish?.record && <ForRecord value={about} errors={wrong} onChange={setAbout} />}
          {booking?.title && !canceling && (
            <p style={{ margin: 0, fontSize: 13 }}>{t('bookings:for', { title: booking.title })}</p>
          )}
          {clash && (
            <p style={{ margin: 0, fontSize: 13 }}>
              {t('bookings:inTheWay', {
                when: rangeText(clash.from ?? '', clash.to ?? ''),
                what: clash.title || clash.userName || clash.bookedByName || t('bookings:somebody'),
              })}
            </p>
          )}
          {booking && !canceling && (
            <div>
              <Button
                variant="subtle"
                color="red"
                size="compact-sm"
                leftSection={<CalendarX size={14} aria-hidden />}
                onClick={() => setCanceling(true)}
              >
                {t('bookings:cancelIt')}
              </Button>
            </div>
          )}
        </>
      }
    />
  );
}
