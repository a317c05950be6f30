import type { Activity, ActivityPatch } from './api';

export type CalendarView = 'month' | 'week' | 'list';

const dayMs = 86_400_000;

/** "2026-11-20": the day of a moment where the reader is. */
export function dayOf(at: string | Date): string {
  const date = new Date(at);
  const pad = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** Noon of a day, which every zone has on that day. */
export const noon = (day: string) => new Date(`${day}T12:00:00`);

export function addDays(day: string, days: number): string {
  const date = noon(day);
  date.setDate(date.getDate() + days);
  return dayOf(date);
}

export function addMonths(day: string, months: number): string {
  const date = noon(`${day.slice(0, 7)}-01`);
  date.setMonth(date.getMonth() + months);
  return dayOf(date);
}

/** 0 for Sunday: the first day of the week as people of a language count. */
export function firstDay(language: string): number {
  return language === 'en' || language === 'pt-BR' ? 0 : 1;
}

/** The days that a view shows, from the first to the last. */
export function daysOf(view: CalendarView, day: string, first: number): string[] {
  const week = (of: string) => addDays(of, -((noon(of).getDay() - first + 7) % 7));
  switch (view) {
    case 'week':
      return Array.from({ length: 7 }, (_, i) => addDays(week(day), i));
    case 'list':
      return Array.from({ length: 31 }, (_, i) => addDays(day, i));
    default: {
      const start = week(`${day.slice(0, 7)}-01`);
      const last = addDays(addMonths(day, 1), -1);
      const weeks = Math.ceil((Math.round((+noon(last) - +noon(start)) / dayMs) + 1) / 7);
      return Array.from({ length: weeks * 7 }, (_, i) => addDays(start, i));
    }
  }
}

/** The moments between which the days of a view lie. */
export function boundsOf(days: string[]): { from: string; to: string } {
  const [first = dayOf(new Date()), last = first] = [days[0], days.at(-1)];
  return {
    from: new Date(`${first}T00:00:00`).toISOString(),
    to: new Date(`${addDays(last, 1)}T00:00:00`).toISOString(),
  };
}

/** When people expect an activity: its start, else its deadline. */
export const momentOf = (activity: Pick<Activity, 'start' | 'deadline'>): string | null =>
  activity.start ?? activity.deadline;

/** The activities of each day; one that lasts stands on all of its days. */
export function byDay(activities: readonly Activity[], days: readonly string[]): Map<string, Activity[]> {
  const out = new Map<string, Activity[]>(days.map((day) => [day, []]));
  for (const activity of activities) {
    const moment = momentOf(activity);
    if (!moment) continue;
    const first = dayOf(moment);
    // What ends at midnight does not take the day that begins then.
    const end = activity.end ? dayOf(new Date(+new Date(activity.end) - 1)) : first;
    const last = end < first ? first : end;
    for (const day of days) if (day >= first && day <= last) out.get(day)?.push(activity);
  }
  return out;
}

/** A change that puts an activity on another day at the same time of day. */
export function movedTo(activity: Activity, day: string): ActivityPatch | null {
  const moment = momentOf(activity);
  if (!moment || dayOf(moment) === day) return null;
  const days = Math.round((+noon(day) - +noon(dayOf(moment))) / dayMs);
  const shifted = (at: string) => {
    const date = new Date(at);
    date.setDate(date.getDate() + days);
    return date.toISOString();
  };
  return {
    ...(activity.start && { start: shifted(activity.start) }),
    ...(activity.end && { end: shifted(activity.end) }),
    ...(activity.deadline && { deadline: shifted(activity.deadline) }),
  };
}

/** The next full hour, tomorrow at nine when the day is nearly over: where a plan begins. */
export function nextHour(now = new Date()): Date {
  const date = new Date(now);
  date.setMinutes(0, 0, 0);
  date.setHours(date.getHours() + 1);
  if (date.getHours() >= 18 || date.getHours() < 8) {
    if (date.getHours() >= 18) date.setDate(date.getDate() + 1);
    date.setHours(9);
  }
  return date;
}
