import { describe, expect, it } from 'vitest';
import { become, RECURRENCES, readCron, writeCron } from './cron';

describe('recurring rules in plain words', () => {
  it.each([
    ['*/15 * * * *', { kind: 'minutes', step: 15 }],
    ['* * * * *', { kind: 'minutes', step: 1 }],
    ['30 */2 * * *', { kind: 'hours', step: 2, minute: 30 }],
    ['0 * * * *', { kind: 'hours', step: 1, minute: 0 }],
    ['5 9 * * *', { kind: 'daily', time: '09:05' }],
    ['0 9 * * 1-5', { kind: 'weekly', time: '09:00', days: [1, 2, 3, 4, 5] }],
    ['0 9 * * 0,2,6', { kind: 'weekly', time: '09:00', days: [0, 2, 6] }],
    ['0 18 31 * *', { kind: 'monthly', time: '18:00', day: 31 }],
  ])('%s is read and written the same', (cron, rule) => {
    expect(readCron(cron)).toEqual(rule);
    expect(writeCron(readCron(cron))).toBe(cron);
  });

  it('reads names of days and words', () => {
    expect(readCron('0 9 * * MON-FRI')).toEqual(readCron('0 9 * * 1-5'));
    expect(readCron('@daily')).toEqual({ kind: 'daily', time: '00:00' });
  });

  it.each([
    '0 9 1 1 *',
    '0 9 1 * 1',
    '0 9-17 * * *',
    '*/7,3 * * * *',
    '@every 1h',
    '',
    '0 9 * * 5-1',
    '0 9 * *',
    '0 25 * * *',
  ])('leaves %s as a rule of its own', (cron) => {
    expect(readCron(cron)).toEqual({ kind: 'custom', cron });
    expect(writeCron(readCron(cron))).toBe(cron);
  });

  it('keeps the time when the kind changes', () => {
    for (const kind of RECURRENCES) {
      const next = become(readCron('15 7 * * *'), kind);
      expect(next.kind).toBe(kind);
      if ('time' in next) expect(next.time).toBe('07:15');
      expect(readCron(writeCron(next)).kind).toBe(kind === 'custom' ? 'daily' : kind);
    }
  });
});
