// @vitest-environment jsdom
import i18next from 'i18next';
import { afterEach, describe, expect, test } from 'vitest';
import { changeLanguage, matchLanguage } from '.';

describe('i18n', () => {
  afterEach(() => changeLanguage('en'));

  test('finds the nearest language', () => {
    expect(matchLanguage(['de-DE', 'pt-PT', 'en'])).toBe('pt-BR');
    expect(matchLanguage(['RU'])).toBe('ru');
    expect(matchLanguage(['de'])).toBe('en');
    expect(matchLanguage([])).toBe('en');
  });

  test('speaks each language with its own plurals', async () => {
    await changeLanguage('pl');
    expect([1, 3, 5, 22].map((count) => i18next.t('form.error.minLength', { count }))).toEqual([
      'Co najmniej 1 znak',
      'Co najmniej 3 znaki',
      'Co najmniej 5 znaków',
      'Co najmniej 22 znaki',
    ]);
    await changeLanguage('ru');
    expect([1, 2, 11, 21].map((count) => i18next.t('form.summary', { count }))).toEqual([
      'Проверьте 1 поле',
      'Проверьте 2 поля',
      'Проверьте 11 полей',
      'Проверьте 21 поле',
    ]);
    expect(document.documentElement.lang).toBe('ru');
  });
});
