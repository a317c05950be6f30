import { formatClock, formatDay } from '@/lib/format';

/** "24 Nov, 10:00–11:00", or both days when it ends on another one. */
export function rangeText(from: string, to: string): string {
  const [begin, end] = [new Date(from), new Date(to)];
  return begin.toDateString() === end.toDateString()
    ? `${formatDay(begin)}, ${formatClock(begin)}–${formatClock(end)}`
    : `${formatDay(begin)}, ${formatClock(begin)} – ${formatDay(end)}, ${formatClock(end)}`;
}

/** The part of a day that something takes, in hundredths of the day; null when it takes nothing of it. */
export function shareOf(
  from: string,
  to: string,
  start: Date,
  end: Date,
): { left: number; width: number } | null {
  const [begin, stop] = [Math.max(+new Date(from), +start), Math.min(+new Date(to), +end)];
  if (stop <= begin) return null;
  const whole = +end - +start;
  return { left: ((begin - +start) / whole) * 100, width: ((stop - begin) / whole) * 100 };
}
