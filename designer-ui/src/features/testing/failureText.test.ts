import { readFileSync } from 'node:fs';
import type { TFunction } from 'i18next';
import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import en from '@/i18n/locales/en/testing.json';
import { failureText } from './failureText';
import type { Failure } from './scenario';

let t: TFunction<'testing'>;
beforeAll(async () => {
  const own = i18next.createInstance();
  await own.init({
    lng: 'en',
    resources: { en: { testing: en } },
    defaultNS: 'testing',
    interpolation: { escapeValue: false },
  });
  t = own.getFixedT('en', 'testing') as TFunction<'testing'>;
});

const named: Record<string, string> = { ask: 'Ask the head', tell: 'Tell them', file: 'File it' };
const names = { element: (id: string) => named[id] ?? id, robot: (key: string) => `Robot ${key}` };
const say = (failure: Partial<Failure>) =>
  failureText(t, { code: 'x', message: 'in English', ...failure }, names);
const way = (want: string[], got: string[], inOrder = true) =>
  say({ code: 'other_way', want, got, data: { of: 'entered', inOrder } });

describe('what a scenario missed', () => {
  it('is where the ways part', () => {
    expect(way(['ask', 'tell'], ['ask'])).toBe(
      'After “Ask the head” it should go on with “Tell them”, but nothing more came.',
    );
    expect(way(['ask', 'tell'], ['ask', 'file'])).toContain('but “File it” came');
    expect(way(['ask'], ['ask', 'file'])).toContain('nothing more should come, but “File it” came');
    expect(way(['ask'], [])).toBe('It should begin with “Ask the head”, but nothing came.');
    expect(way([], ['file'])).toBe('Nothing should come, but “File it” came.');
    expect(way(['ask', 'tell'], ['ask', 'file'], false)).toBe(
      'Missing: “Tell them”. Not expected: “File it”.',
    );
  });

  it('names steps and robots as people know them', () => {
    expect(say({ code: 'answer_left', data: { node: 'ask' } })).toContain('“Ask the head”');
    expect(say({ code: 'not_open', data: { node: 'ask', open: null } })).toContain('Open: nothing');
    expect(
      say({ code: 'other_number_sends', want: 1, got: 0, data: { robot: 'mail.send', node: '' } }),
    ).toContain('“Robot mail.send” was carried out 0 times. Expected: 1.');
    expect(say({ code: 'other_end', want: 'completed', got: 'incident' })).toContain(
      'Incident. Expected: Completed',
    );
  });

  it('is said by the server where the code is new', () => {
    expect(say({ code: 'from_tomorrow' })).toBe('in English');
  });

  it('has words for every code of the engine', () => {
    const source = readFileSync('../engine/rehearsal/result.go', 'utf8');
    const block = source.slice(source.indexOf('FailedPlay'), source.indexOf('func (w *world) result'));
    const codes = [...block.matchAll(/= "(\w+)"/g)].map(([, code]) => code as string);
    expect(codes.length).toBeGreaterThan(15);
    for (const code of codes) {
      expect(say({ code, want: [], got: [], data: { count: 2 } }), code).not.toBe('in English');
    }
  });
});
