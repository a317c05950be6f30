import { Anchor, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CalendarPlus } from 'lucide-react';
import { Fragment, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FieldInfo } from '@/features/crm/ownFields';
import { type Booking, bookingsQuery } from './api';
import { BookingDialog } from './BookingDialog';
import { rangeText } from './time';

type Props = { record: { type: string; id: string }; fields: FieldInfo[]; mayEdit: boolean };

/** What is booked in the fields of a record; it is booked, moved and canceled here. */
export function BookingFacts({ record, fields, mayEdit }: Props) {
  const { t } = useTranslation('bookings');
  const { data } = useQuery(bookingsQuery({ record: `${record.type}:${record.id}`, status: 'active' }));
  const [field, setField] = useState<string | null>(null);
  const [edited, setEdited] = useState<Booking | null>(null);
  return (
    <>
      {fields.map((one) => {
        const held = (data ?? []).filter((booking) => booking.field === one.key);
        const ahead = held.some(({ to }) => +new Date(to ?? 0) > Date.now());
        return (
          <Fragment key={one.key}>
            <dt>{one.label}</dt>
            <dd>
              {held.map((booking) => (
                <div key={booking.id}>
                  {booking.canEdit ? (
                    <Anchor
                      component="button"
                      type="button"
                      inherit
                      ta="start"
                      onClick={() => setEdited(booking)}
                    >
                      {booking.resourceName}, {rangeText(booking.from ?? '', booking.to ?? '')}
                    </Anchor>
                  ) : (
                    <>
                      {booking.resourceName}, {rangeText(booking.from ?? '', booking.to ?? '')}
                    </>
                  )}
                  {booking.userName && ` · ${booking.userName}`}
                </div>
              ))}
              {mayEdit && (one.multiple || !ahead) ? (
                <Button
                  variant="subtle"
                  size="compact-sm"
                  leftSection={<CalendarPlus size={14} aria-hidden />}
                  onClick={() => setField(one.key)}
                >
                  {t('bookIn', { field: one.label })}
                </Button>
              ) : (
                held.length === 0 && '–'
              )}
            </dd>
          </Fragment>
        );
      })}
      {field && <BookingDialog wish={{ record, field }} onClose={() => setField(null)} />}
      {edited && <BookingDialog booking={edited} onClose={() => setEdited(null)} />}
    </>
  );
}
