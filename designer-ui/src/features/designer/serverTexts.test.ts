import { describe, expect, it } from 'vitest';
import findings from '../../../../schemas/finding/findings.json';
import { type FindingTexts, inLanguage } from './serverTexts';

const texts = findings as FindingTexts;

describe('findings of the server', () => {
  it('speak the language of the reader, with their values', () => {
    const finding = {
      code: 'outcome_without_flow',
      severity: 'error',
      message: 'the outcome "reject" has no flow',
      data: { outcome: 'reject' },
    } as const;
    expect(inLanguage(finding, texts, 'pl').message).toContain('„reject”');
  });

  it('put the inner message into the outer one', () => {
    const finding = {
      code: 'bad_expression',
      severity: 'error',
      message: 'unknown name',
      data: { texts: { ru: 'неизвестное имя' } },
    } as const;
    expect(inLanguage(finding, texts, 'ru').message).toMatch(/неизвестное имя$/);
    expect(inLanguage(finding, texts, 'en').message).toMatch(/unknown name$/);
  });

  it('do not mix languages: what to do is said in English to those who read it', () => {
    const finding = { code: 'one_way_out', severity: 'warning', message: 'x', remedy: 'draw more' } as const;
    expect(inLanguage(finding, texts, 'en').remedy).toBe('draw more');
    expect(inLanguage(finding, texts, 'pl').remedy).toBeUndefined();
  });

  it('stay as they came when a text or a value is missing', () => {
    const unknown = { code: 'brand_new', severity: 'error', message: 'as it came' } as const;
    expect(inLanguage(unknown, texts, 'pl')).toBe(unknown);
    const bare = { code: 'outcome_without_flow', severity: 'error', message: 'as it came' } as const;
    expect(inLanguage(bare, texts, 'pl')).toBe(bare);
    expect(inLanguage(unknown, undefined, 'pl')).toBe(unknown);
  });
});
