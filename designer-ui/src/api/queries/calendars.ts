import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '../client';
import type * as gen from '../schema.gen';
import type { Shape } from '../shape';

export type Hours = gen.CalendarHours;
export type CalendarDay = Shape<gen.CalendarDay>;
export type Rules = Shape<gen.CalendarRules, { week: Hours[][]; days: CalendarDay[] }>;
export type Calendar = Rules & { id: string; rev: number };
export type Absence = gen.ShownAbsence;
export type AbsenceInput = gen.CalendarAbsenceInput;
export type Workday = Shape<gen.CalendarWorkday, { state: 'off' | 'working' | 'paused' }>;
type HolidayDay = gen.HolidayDay;

export const calendarsQuery = queryOptions({
  queryKey: ['calendars'],
  queryFn: ({ signal }) => api.get<Page<Calendar>>('/calendars', undefined, signal),
});

export const holidaysQuery = queryOptions({
  queryKey: ['holidays'],
  queryFn: ({ signal }) => api.get<Page<{ key: string; days: HolidayDay[] }>>('/holidays', undefined, signal),
});

export const addCalendar = (rules: Rules) => api.post<Calendar>('/calendars', rules);
export const saveCalendar = (id: string, rev: number, rules: Rules) =>
  api.put<Calendar>(`/calendars/${encodeURIComponent(id)}`, rules, { rev });
export const deleteCalendar = (calendar: Calendar) =>
  api.delete(`/calendars/${encodeURIComponent(calendar.id)}`, { rev: calendar.rev });
export const readHolidayFile = (text: string) =>
  api.post<{ days: HolidayDay[]; skipped: number }>('/holidays/import', { text });
export const previewRules = (rules: Rules, amount: number, unit: string) =>
  api.post<gen.WorkingPreview & { due: string }>('/calendars/preview', { rules, amount, unit });

/** Which departments and people go by a calendar of their own. */
export const calendarUsesQuery = queryOptions({
  queryKey: ['calendars', 'uses'],
  queryFn: ({ signal }) =>
    api.get<Page<{ id: string; calendarId: string }>>('/calendar-uses', undefined, signal),
});
/** An empty calendar is that of the department above, and in the end the company's. */
export const putCalendarUse = (kind: 'user' | 'department', id: string, calendarId: string) =>
  api.put(`/calendar-uses/${kind}/${encodeURIComponent(id)}`, { calendarId });

export const absencesQuery = (filter: { userId?: string; team?: boolean }) =>
  queryOptions({
    queryKey: ['absences', filter],
    queryFn: ({ signal }) => api.get<Page<Absence>>('/absences', filter, signal),
  });
export const addAbsence = (input: AbsenceInput) => api.post<Absence>('/absences', input);
export const changeAbsence = (absence: Absence, input: AbsenceInput) =>
  api.put<Absence>(`/absences/${encodeURIComponent(absence.id)}`, input, { rev: absence.rev });
export const deleteAbsence = (absence: Absence) =>
  api.delete(`/absences/${encodeURIComponent(absence.id)}`, { rev: absence.rev });

export const myDayQuery = queryOptions({
  queryKey: ['me', 'day'],
  queryFn: ({ signal }) => api.get<Workday>('/me/day', undefined, signal),
});
export const markDay = (action: string) => api.post<Workday>('/me/day', { action });
