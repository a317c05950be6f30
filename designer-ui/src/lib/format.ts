import i18next from 'i18next';

const language = () => i18next.resolvedLanguage ?? i18next.language ?? 'en';

const cache = new Map<string, unknown>();

function cached<T>(key: string, make: () => T): T {
  const found = cache.get(key);
  if (found !== undefined) return found as T;
  const made = make();
  cache.set(key, made);
  return made;
}

function dateTimeFormat(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const lang = language();
  return cached(`d:${lang}:${name}`, () => new Intl.DateTimeFormat(lang, options));
}

/** Date and time of an instant in the reader's zone. */
export function formatDateTime(at: string | Date): string {
  return dateTimeFormat('dt', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));
}

/** Date of an instant in the reader's zone. */
export function formatDate(at: string | Date): string {
  return dateTimeFormat('d', { dateStyle: 'medium' }).format(new Date(at));
}

/** A calendar date such as 2026-03-31, the same day wherever it is read. */
export function formatDateOnly(date: string): string {
  return formatDate(`${date.slice(0, 10)}T12:00`);
}

/** Whether a calendar date lies before today, where the reader is. */
export function isPastDay(date: string, now: Date = new Date()): boolean {
  return calendarDays(now, new Date(`${date.slice(0, 10)}T12:00`)) < 0;
}

/** Day and month, with the year only when it is not this one. */
export function formatDay(at: string | Date): string {
  const date = new Date(at);
  return date.getFullYear() === new Date().getFullYear()
    ? dateTimeFormat('day', { day: 'numeric', month: 'short' }).format(date)
    : formatDate(date);
}

/** Time of day with seconds, for live data. */
export function formatTime(at: string | Date): string {
  return dateTimeFormat('t', { timeStyle: 'medium' }).format(new Date(at));
}

/** Hour and minute, for what people plan. */
export function formatClock(at: string | Date): string {
  return dateTimeFormat('c', { timeStyle: 'short' }).format(new Date(at));
}

/** Whole calendar days from one instant to another in the reader's zone: tomorrow is one day away at 23:59, too. */
function calendarDays(from: Date, to: Date): number {
  const day = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
  return day(to) - day(from);
}

/** "in 2 days", "3 hours ago", in the reader's language. */
export function formatRelative(at: string | Date, now: Date = new Date()): string {
  const then = new Date(at);
  const delta = then.getTime() - now.getTime();
  const lang = language();
  const format = cached(`r:${lang}`, () => new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }));
  const size = Math.abs(delta);
  if (size < 60_000) return format.format(Math.trunc(delta / 1000), 'second');
  if (size < 3_600_000) return format.format(Math.trunc(delta / 60_000), 'minute');
  if (size < 86_400_000) return format.format(Math.trunc(delta / 3_600_000), 'hour');
  const days = calendarDays(now, then);
  if (Math.abs(days) < 60) return format.format(days, 'day');
  if (Math.abs(days) < 730) return format.format(Math.trunc(days / 30), 'month');
  return format.format(Math.trunc(days / 365), 'year');
}

/** Whole or fractional number with the reader's separators. */
export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  const lang = language();
  return cached(`n:${lang}:${JSON.stringify(options)}`, () => new Intl.NumberFormat(lang, options)).format(
    value,
  );
}

/** 1.2k for badges. */
export function formatCompact(value: number): string {
  return formatNumber(value, { notation: 'compact', maximumFractionDigits: 1 });
}

export type Money = { amount: number; currency: string };

/** Money from int64 minor units; the currency decides how many decimals there are. */
export function formatMoney(money: Money): string {
  const lang = language();
  const format = cached(
    `m:${lang}:${money.currency}`,
    () => new Intl.NumberFormat(lang, { style: 'currency', currency: money.currency }),
  );
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(money.amount / 10 ** digits);
}

/** 1.5 MB with binary-free, decimal units. */
export function formatBytes(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  let value = bytes;
  let index = 0;
  while (value >= 1000 && index < units.length - 1) {
    value /= 1000;
    index++;
  }
  return formatNumber(value, {
    style: 'unit',
    unit: units[index],
    // "byte" has no short form, and no plural in it.
    unitDisplay: index === 0 ? 'long' : 'short',
    maximumFractionDigits: index === 0 ? 0 : 1,
  });
}

/** Duration in milliseconds as its two largest units: "2 h 5 min". */
export function formatDuration(milliseconds: number): string {
  const units: [string, number][] = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ];
  if (Math.abs(milliseconds) < 1000) {
    return formatNumber(Math.round(milliseconds), {
      style: 'unit',
      unit: 'millisecond',
      unitDisplay: 'short',
    });
  }
  const parts: string[] = [];
  let rest = Math.abs(milliseconds);
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    if (count > 0) {
      parts.push(formatNumber(count, { style: 'unit', unit, unitDisplay: 'short' }));
      rest -= count * size;
    }
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

/** Forgets formatters; a language change makes new ones by itself, tests use it for isolation. */
export function clearFormatCache(): void {
  cache.clear();
}
