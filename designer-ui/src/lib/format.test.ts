// @vitest-environment jsdom
import { afterEach, describe, expect, test } from 'vitest';
import { changeLanguage } from '@/i18n';
import {
  formatBytes,
  formatDateOnly,
  formatDuration,
  formatMoney,
  formatRelative,
  isPastDay,
} from './format';

const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute);
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('format', () => {
  afterEach(() => changeLanguage('en'));

  test('counts days by the calendar, shorter spans by the clock', () => {
    const now = at(22, 0, 28);
    expect(formatRelative(at(24, 0, 27), now)).toBe('in 2 days');
    expect(formatRelative(at(23, 12), now)).toBe('tomorrow');
    expect(formatRelative(at(22, 20, 28), now)).toBe('in 20 hours');
    expect(formatRelative(at(22, 0, 3), now)).toBe('25 minutes ago');
    expect(formatRelative(at(20, 0, 0), now)).toBe('2 days ago');
    expect(formatRelative(new Date(2027, 1, 22), now)).toBe('in 3 months');
  });

  test('a calendar date is the same day in every zone', () => {
    expect(formatDateOnly('2026-05-01T00:00:00.000Z')).toBe('May 1, 2026');
    expect(isPastDay('2026-11-22', at(22, 23, 59))).toBe(false);
    expect(isPastDay('2026-11-22', at(23, 0, 1))).toBe(true);
  });

  test('keeps every minor unit of money', async () => {
    expect(formatMoney({ amount: 123_456_789, currency: 'PLN' })).toBe(
      'PLN 1,234,567.89'.replace(' ', '\u00a0'),
    );
    await changeLanguage('pl');
    expect(plain(formatMoney({ amount: 1_240_000, currency: 'PLN' }))).toBe('12 400,00 zł');
    expect(plain(formatMoney({ amount: 500, currency: 'JPY' }))).toBe('500 JPY');
  });

  test('shows the two largest units of a duration', () => {
    expect(formatDuration(250)).toBe('250 ms');
    expect(formatDuration(65_000)).toBe('1 min 5 sec');
    expect(formatDuration(2 * 86_400_000 + 3 * 3_600_000 + 59_000)).toBe('2 days 3 hr');
  });

  test('shows sizes of files', () => {
    // Browsers and servers carry different language data.
    expect(formatBytes(999)).toMatch(/^999 bytes?$/);
    expect(formatBytes(184_320)).toBe('184.3 kB');
    expect(formatBytes(25_000_000)).toBe('25 MB');
  });
});
