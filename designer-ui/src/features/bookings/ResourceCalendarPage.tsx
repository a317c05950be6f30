import { ActionIcon, Button, Group, SegmentedControl, Select } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { CalendarPlus, ChevronLeft, ChevronRight, DoorOpen, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addDays, boundsOf, dayOf, daysOf, firstDay, noon } from '@/features/activities/time';
import { useMay } from '@/features/identity/useSession';
import { formatClock, formatDay } from '@/lib/format';
import { EmptyState, ErrorState, Page, PageSkeleton } from '@/ui';
import { type Booking, bookingsQuery, type Resource, resourceKinds, resourcesQuery } from './api';
import { BookingDialog } from './BookingDialog';
import classes from './Bookings.module.css';
import type { ResourceSearch } from './search';
import { rangeText, shareOf } from './time';

/** Who has booked what: a row for each resource, a day by the hour or a week by days. */
export function ResourceCalendarPage() {
  const { t, i18n } = useTranslation(['bookings', 'common']);
  const navigate = useNavigate({ from: '/calendar/resources' });
  const search = useSearch({ from: '/app/calendar/resources' });
  const phone = useMediaQuery('(max-width: 48em)') ?? false;
  const maySet = useMay('settings.manage');
  const view = search.view ?? (phone ? 'day' : 'week');
  const day = search.day ?? dayOf(new Date());
  const days = view === 'day' ? [day] : daysOf('week', day, firstDay(i18n.language));
  const go = (to: ResourceSearch) => void navigate({ search: (old) => ({ ...old, ...to }), replace: true });
  const resources = useQuery(resourcesQuery);
  const shown = useQuery(bookingsQuery({ ...boundsOf(days), status: 'active' }));
  const [wish, setWish] = useState<{ resourceId?: string; from?: string; to?: string } | null>(null);
  const [opened, setOpened] = useState<Booking | null>(null);

  const rows = (resources.data?.items ?? []).filter(
    (one) =>
      (!search.kind || one.kind === search.kind) &&
      (one.active || shown.data?.some((booking) => booking.resourceId === one.id)),
  );
  const begin = (resource: Resource, of: string) => {
    const start = noon(of);
    start.setHours(9);
    const from = +start > Date.now() ? start : new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000);
    setWish({
      resourceId: resource.id,
      from: from.toISOString(),
      to: new Date(+from + 3_600_000).toISOString(),
    });
  };
  const step = (by: number) => go({ day: addDays(day, by * days.length) });
  const heading =
    view === 'day'
      ? formatDay(noon(day))
      : `${formatDay(noon(days[0] ?? day))} – ${formatDay(noon(days.at(-1) ?? day))}`;

  return (
    <Page
      title={t('bookings:calendar')}
      width="wide"
      actions={
        <Group gap="sm">
          <Button component={Link} to="/calendar" variant="default">
            {t('common:nav.calendar')}
          </Button>
          <Button leftSection={<CalendarPlus size={16} aria-hidden />} onClick={() => setWish({})}>
            {t('bookings:book')}
          </Button>
        </Group>
      }
    >
      <div className={classes.bar}>
        <Group gap={4} wrap="nowrap">
          <Button variant="default" size="compact-md" onClick={() => go({ day: undefined })}>
            {t('bookings:today')}
          </Button>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('bookings:earlier')}
            onClick={() => step(-1)}
          >
            <ChevronLeft size={18} aria-hidden />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" aria-label={t('bookings:later')} onClick={() => step(1)}>
            <ChevronRight size={18} aria-hidden />
          </ActionIcon>
        </Group>
        <h2 className={classes.when} aria-live="polite">
          {heading}
        </h2>
        <span className={classes.spacer} />
        <Select
          aria-label={t('bookings:field.kind')}
          w={180}
          clearable
          placeholder={t('bookings:kinds')}
          value={search.kind ?? null}
          onChange={(kind) => go({ kind: kind ?? undefined })}
          data={resourceKinds.map((kind) => ({ value: kind, label: t(`bookings:kind.${kind}`) }))}
        />
        <SegmentedControl
          aria-label={t('bookings:view')}
          value={view}
          onChange={(value) => go({ view: value as 'day' | 'week' })}
          data={(['day', 'week'] as const).map((value) => ({ value, label: t(`bookings:views.${value}`) }))}
        />
      </div>
      {(resources.error || shown.error) && (
        <ErrorState error={resources.error ?? shown.error} onRetry={() => void shown.refetch()} />
      )}
      {(!resources.data || !shown.data) && !resources.error && !shown.error && <PageSkeleton />}
      {resources.data && rows.length === 0 && (
        <EmptyState
          icon={DoorOpen}
          title={t('bookings:none')}
          text={t('bookings:noneText')}
          action={
            maySet && (
              <Button component={Link} to="/settings/resources" variant="default">
                {t('bookings:title')}
              </Button>
            )
          }
        />
      )}
      {resources.data && shown.data && rows.length > 0 && (
        <section
          key={`${view} ${phone}`}
          ref={view === 'day' ? toTheMorning : undefined}
          className={classes.scroll}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the screen is scrolled with the keys, too.
          tabIndex={0}
          aria-label={t('bookings:calendar')}
        >
          <table className={classes.table} data-view={view}>
            <thead>
              <tr>
                <th scope="col">{t('bookings:field.resource')}</th>
                {days.map((one) => (
                  <th key={one} scope="col" data-today={one === dayOf(new Date())}>
                    {view === 'day' ? (
                      <Hours />
                    ) : (
                      noon(one).toLocaleDateString(i18n.language, { weekday: 'short', day: 'numeric' })
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((resource) => (
                <tr key={resource.id}>
                  <th scope="row">
                    {resource.name}
                    <span className={classes.kind}>{t(`bookings:kind.${resource.kind}`)}</span>
                  </th>
                  {days.map((one) => (
                    <Cell
                      key={one}
                      day={one}
                      hourly={view === 'day'}
                      resource={resource}
                      bookings={(shown.data ?? []).filter((booking) => booking.resourceId === resource.id)}
                      onOpen={setOpened}
                      onBook={() => begin(resource, one)}
                    />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {wish && <BookingDialog wish={wish} onClose={() => setWish(null)} />}
      {opened && <BookingDialog booking={opened} onClose={() => setOpened(null)} />}
    </Page>
  );
}

/** Where a day does not fit, it begins in the morning, not at midnight. */
function toTheMorning(box: HTMLElement | null): void {
  const day = box?.querySelector<HTMLElement>('thead th:nth-child(2)');
  if (box && day) box.scrollLeft = (day.offsetWidth * MORNING) / 24;
}

const MORNING = 7;
const hours = Array.from({ length: 24 }, (_, hour) => hour);

function Hours() {
  return (
    <span className={classes.hours}>
      {hours.map((hour) => (
        <span key={hour}>{String(hour).padStart(2, '0')}</span>
      ))}
    </span>
  );
}

type CellProps = {
  day: string;
  hourly: boolean;
  resource: Resource;
  bookings: Booking[];
  onOpen: (booking: Booking) => void;
  onBook: () => void;
};

/** One day of one resource. */
function Cell({ day, hourly, resource, bookings, onOpen, onBook }: CellProps) {
  const { t } = useTranslation('bookings');
  const start = new Date(`${day}T00:00:00`);
  const end = new Date(`${addDays(day, 1)}T00:00:00`);
  const parts = bookings.flatMap((booking) => {
    const share = shareOf(booking.from ?? '', booking.to ?? '', start, end);
    return share ? [{ booking, share }] : [];
  });
  const what = (booking: Booking) =>
    booking.title || booking.note || booking.userName || booking.bookedByName || t('taken');
  return (
    <td data-off={!resource.active}>
      <div className={hourly ? classes.hourly : classes.daily}>
        {parts.map(({ booking, share }) => (
          <button
            key={booking.id}
            type="button"
            className={classes.booking}
            style={hourly ? { left: `${share.left}%`, width: `${share.width}%` } : undefined}
            disabled={!booking.canEdit}
            title={`${rangeText(booking.from ?? '', booking.to ?? '')} ${what(booking)}`}
            onClick={() => onOpen(booking)}
          >
            <span className={classes.time}>
              {formatClock(booking.from ?? '')}–{formatClock(booking.to ?? '')}
            </span>{' '}
            {what(booking)}
          </button>
        ))}
        {resource.active && +end > Date.now() && (
          <ActionIcon
            className={classes.plus}
            variant="subtle"
            color="gray"
            size={24}
            aria-label={t('bookOn', { name: resource.name, day: formatDay(noon(day)) })}
            onClick={onBook}
          >
            <Plus size={14} aria-hidden />
          </ActionIcon>
        )}
      </div>
    </td>
  );
}
