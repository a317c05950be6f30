import { queryOptions, useQuery } from '@tanstack/react-query';
import { allPages } from '@/api/pages';
import type { TaskSummary } from '@/api/queries/tasks';
import { type Booking, bookingsQuery } from '@/features/bookings/api';
import type { Activity } from './api';
import { addDays, dayOf, momentOf } from './time';

/** What stands in the calendar beside what people plan: it is opened where it belongs, and not dragged. */
export type Mark = {
  id: string;
  kind: MarkKind;
  at: string;
  title: string;
  /** What it is about. */
  detail?: string;
  /** Where it is opened. */
  to: string;
  late?: boolean;
};

/** What the calendar shows, in the order of its filter. */
export const calendarKinds = ['activity', 'task', 'booking'] as const;
export type CalendarKind = (typeof calendarKinds)[number];
export type MarkKind = Exclude<CalendarKind, 'activity'>;

/** A day has so many tasks at most that are worth looking at in a calendar. */
const most = 600;

/** The reader's open tasks with a deadline until a moment, the late ones included. */
const dueTasksQuery = (until: string) =>
  queryOptions({
    queryKey: ['tasks', 'due', until],
    queryFn: ({ signal }) =>
      allPages<TaskSummary>('/tasks', { view: 'mine', sort: 'due', dueBefore: until }, most, signal),
    placeholderData: (old) => old,
  });

/** What is booked for a person, on each day that it takes; rooms of activities stand with these. */
export function bookingMarks(bookings: readonly Booking[], from: string, to: string): Mark[] {
  return bookings
    .filter(({ activity, hidden }) => !activity && !hidden)
    .flatMap((booking) => {
      const marks: Mark[] = [];
      const [begin, end] = [new Date(booking.from ?? 0), new Date(booking.to ?? 0)];
      const last = end < new Date(to) ? end : new Date(to);
      let at = begin > new Date(from) ? begin : new Date(from);
      while (at < last) {
        const day = dayOf(at);
        marks.push({
          id: `${booking.id}:${day}`,
          kind: 'booking',
          at: at.toISOString(),
          title: booking.resourceName,
          detail: booking.title || booking.note || undefined,
          to: `/calendar/resources?view=day&day=${day}`,
        });
        at = new Date(`${addDays(day, 1)}T00:00:00`);
      }
      return marks;
    });
}

/**
 * The marks between two moments. Tasks are of the reader's own calendar only, others' are theirs to see; bookings of
 * whoever is shown, undefined where that is not one person.
 */
export function useMarks(
  { from, to }: { from: string; to: string },
  person: string | undefined,
  shown: readonly CalendarKind[],
): Mark[] {
  const own = person === 'me' && shown.includes('task');
  const booked = person !== undefined && shown.includes('booking');
  const tasks = useQuery({ ...dueTasksQuery(to), enabled: own });
  const bookings = useQuery({ ...bookingsQuery({ person, from, to, status: 'active' }), enabled: booked });
  const due: Mark[] = (own ? (tasks.data ?? []) : [])
    .filter(({ dueAt }) => dueAt && dueAt >= from && dueAt < to)
    .map(({ id, dueAt, name, recordTitle, overdue }) => ({
      id,
      kind: 'task',
      at: dueAt ?? '',
      title: name,
      detail: recordTitle,
      to: `/tasks?task=${encodeURIComponent(id)}`,
      late: overdue,
    }));
  return booked ? [...due, ...bookingMarks(bookings.data ?? [], from, to)] : due;
}

/** The marks of each day. */
export function marksByDay(marks: readonly Mark[], days: readonly string[]): Map<string, Mark[]> {
  const out = new Map<string, Mark[]>(days.map((day) => [day, []]));
  for (const mark of marks) out.get(dayOf(mark.at))?.push(mark);
  return out;
}

/** A line of a day: something planned, or a mark. */
export type Entry = { activity: Activity; mark?: undefined } | { mark: Mark; activity?: undefined };

/** Activities and marks of a day in the order in which they come. */
export function entriesOf(activities: readonly Activity[], marks: readonly Mark[]): Entry[] {
  const at = (entry: Entry) => +new Date(entry.mark ? entry.mark.at : (momentOf(entry.activity) ?? 0));
  return [...activities.map((activity) => ({ activity })), ...marks.map((mark) => ({ mark }))].sort(
    (a, b) => at(a) - at(b),
  );
}
