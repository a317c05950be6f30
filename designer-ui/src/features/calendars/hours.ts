import type { Hours } from '@/api/queries/calendars';

/** Part of a day in minutes after midnight, the end not included. */
export type Span = [from: number, to: number];

const minutesOf = (text: string) => {
  const match = /^(\d{1,2})(?::(\d{2}))?$/.exec(text.trim());
  if (!match) return null;
  const minutes = Number(match[1]) * 60 + Number(match[2] ?? 0);
  return Number(match[2] ?? 0) < 60 && minutes <= 1440 ? minutes : null;
};

export const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

export const spansOf = (hours: readonly Hours[]): Span[] =>
  hours.map(({ from, to }) => [minutesOf(from) ?? 0, minutesOf(to) ?? 0]);

export const hoursOf = (spans: readonly Span[]): Hours[] =>
  spans.map(([from, to]) => ({ from: clock(from), to: clock(to) }));

/** Sets or clears a part of a day; what touches becomes one span. */
export function paint(spans: readonly Span[], [from, to]: Span, on: boolean): Span[] {
  const rest = spans.flatMap(([start, end]): Span[] => {
    if (end <= from || start >= to) return [[start, end]];
    const left: Span[] = start < from ? [[start, from]] : [];
    return end > to ? [...left, [to, end]] : left;
  });
  const all = on ? [...rest, [from, to] as Span] : rest;
  const joined: Span[] = [];
  for (const [start, end] of all.sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return joined;
}

export const writeHours = (hours: readonly Hours[]) =>
  hours.map(({ from, to }) => `${from}–${to}`).join(', ');

/** Reads "9-12, 13:00–17:30"; null when it is no such text. Over midnight it takes two days. */
export function readHours(text: string): Hours[] | null {
  if (text.trim() === '') return [];
  let spans: Span[] = [];
  for (const part of text.split(',')) {
    const [from, to, more] = part.split(/[–—-]/).map(minutesOf);
    if (from == null || to == null || more !== undefined || from >= to) return null;
    if (spans.some(([start, end]) => from < end && start < to)) return null;
    spans = paint(spans, [from, to], true);
  }
  return hoursOf(spans);
}
