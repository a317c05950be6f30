// @vitest-environment jsdom
import i18next from 'i18next';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { changeLanguage } from '@/i18n';
import type { Timing } from './api';
import { type AutomationT, takesClock, timingText, withMode, withPart } from './timing';

const say = (timing: Timing): string =>
  timingText(i18next.getFixedT(null, 'automation') as unknown as AutomationT, timing, (key) =>
    key === 'expectedCloseAt' ? 'Expected close' : key,
  );

describe('when a robot runs, in words', () => {
  beforeAll(() => i18next.loadNamespaces('automation'));
  afterEach(() => changeLanguage('en'));

  test('every mode', () => {
    expect(say({ mode: 'immediate' })).toBe('at once');
    expect(say({ mode: 'afterPrevious' })).toBe('after the one before');
    expect(say({ mode: 'delay', amount: 2, unit: 'day' })).toBe('2 days after entry');
    expect(say({ mode: 'delay', amount: 0, unit: 'day' })).toBe('at once');
    expect(
      say({
        mode: 'date',
        direction: 'before',
        amount: 1,
        unit: 'workingDay',
        field: 'expectedCloseAt',
        at: '10:00',
        workingTime: { company: true },
      }),
    ).toBe('1 working day before Expected close, at 10:00, in company hours');
    expect(say({ mode: 'date', direction: 'at', field: 'expectedCloseAt' })).toBe(
      'on the day of Expected close',
    );
    expect(say({ mode: 'date' })).toBe('by a date that is not chosen yet');
  });

  test('counts as each language does', async () => {
    await changeLanguage('ru');
    await i18next.loadNamespaces('automation');
    expect([1, 3, 5].map((amount) => say({ mode: 'delay', amount, unit: 'day' }))).toEqual([
      'через 1 день после входа',
      'через 3 дня после входа',
      'через 5 дней после входа',
    ]);
    await changeLanguage('pl');
    await i18next.loadNamespaces('automation');
    expect([1, 2, 5].map((amount) => say({ mode: 'delay', amount, unit: 'hour' }))).toEqual([
      '1 godzinę po wejściu',
      '2 godziny po wejściu',
      '5 godzin po wejściu',
    ]);
  });
});

describe('the form of a timing', () => {
  test('keeps what the next mode can have', () => {
    const delay = withMode({ mode: 'immediate', workingTime: { company: true } }, 'delay');
    expect(delay).toEqual({ mode: 'delay', amount: 1, unit: 'day', workingTime: { company: true } });
    const date = withMode({ ...delay, amount: 3 }, 'date', 'expectedCloseAt');
    expect(date).toMatchObject({ mode: 'date', direction: 'before', amount: 3, field: 'expectedCloseAt' });
    expect(withMode(date, 'afterPrevious')).toEqual({
      mode: 'afterPrevious',
      workingTime: { company: true },
    });
  });

  test('drops what does not fit', () => {
    const timing: Timing = { mode: 'delay', amount: 1, unit: 'day', at: '09:00' };
    expect(takesClock(timing)).toBe(true);
    expect(withPart(timing, { unit: 'hour' })).toEqual({ mode: 'delay', amount: 1, unit: 'hour' });
    expect(
      withPart(
        { mode: 'date', direction: 'before', amount: 1, unit: 'day', field: 'x' },
        { direction: 'at' },
      ),
    ).toEqual({ mode: 'date', direction: 'at', field: 'x' });
    expect(withPart(timing, { workingTime: { company: false } })).not.toHaveProperty('workingTime');
  });
});
