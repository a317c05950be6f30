import { describe, expect, it } from 'vitest';
import { contract } from '@/lib/process/fixtures';
import findings from '../../../../schemas/finding/findings.json';
import remedies from '../../../../schemas/finding/remedies.json';
import { inLanguage, type ServerTexts } from './serverTexts';
import type { DesignerT } from './texts';
import { inWords } from './useFindings';

const texts: ServerTexts = { findings, remedies };

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

  it('call outcomes as people see them', () => {
    const t = ((key: string) => (key === 'port.refused' ? 'Refused' : key)) as unknown as DesignerT;
    const process = {
      ...contract(),
      nodes: [
        { id: 'ok', kind: 'approval', config: { outcomes: [{ name: 'no', label: 'Send back' }] } },
        { id: 'ask', kind: 'requestInformation' },
      ],
    };
    const about = (node: string, outcome: string) => ({
      ...({ code: 'outcome_without_flow', severity: 'error', message: 'x' } as const),
      node,
      data: { outcome },
    });
    const said = (node: string, outcome: string) =>
      inLanguage(inWords(about(node, outcome), process, t), texts, 'en').message;
    expect(said('ok', 'no')).toContain('“Send back”');
    expect(said('ask', 'refused')).toContain('“Refused”');
    expect(said('gone', 'no')).toContain('“no”');
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

  it('say what to do in the same language, or nothing', () => {
    const known = { code: 'one_way_out', severity: 'warning', message: 'x', remedy: 'delete it' } as const;
    expect(inLanguage(known, texts, 'en').remedy).toBe('delete it');
    expect(inLanguage(known, texts, 'pl').remedy).toBe('usuń');
    expect(inLanguage(known, texts, 'ru').remedy).toBe('удалите');
    const fresh = { ...known, remedy: 'do something new' };
    expect(inLanguage(fresh, texts, 'en').remedy).toBe('do something new');
    expect(inLanguage(fresh, texts, 'pl').remedy).toBeUndefined();
  });

  it('stay as they came when a text or a value is missing', () => {
    const unknown = { code: 'brand_new', severity: 'error', message: 'as it came' } as const;
    expect(inLanguage(unknown, texts, 'pl')).toBe(unknown);
    const bare = { code: 'outcome_without_flow', severity: 'error', message: 'as it came' } as const;
    expect(inLanguage(bare, texts, 'pl')).toBe(bare);
    expect(inLanguage(unknown, undefined, 'pl')).toBe(unknown);
  });
});
