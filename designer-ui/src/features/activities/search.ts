import type { CalendarView } from './time';

/** What the calendar keeps in its address. Parsed eagerly by the router, so keep it free of imports. */
export type CalendarSearch = {
  view?: CalendarView;
  day?: string;
  who?: string;
  open?: string;
  /** Kinds that are left out, with commas between them. */
  hide?: string;
};

export function parseCalendarSearch(search: Record<string, unknown>): CalendarSearch {
  const parsed: CalendarSearch = {};
  const { view, day, who, open, hide } = search;
  if (view === 'month' || view === 'week' || view === 'list') parsed.view = view;
  if (typeof day === 'string' && /^\d{4}-\d\d-\d\d$/.test(day)) parsed.day = day;
  if (typeof who === 'string' && who) parsed.who = who;
  if (typeof open === 'string' && open) parsed.open = open;
  if (typeof hide === 'string' && hide) parsed.hide = hide;
  return parsed;
}
