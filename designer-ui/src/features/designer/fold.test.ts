import { describe, expect, it } from 'vitest';
import { fold, relevance } from './fold';

describe('relevance', () => {
  it('puts the whole name first, then its beginning, a word, a part, and the help last', () => {
    const names = ['Wait', 'Calendar entry', 'Send mail', 'Mail at the end', 'Ending', 'End'];
    const by = (name: string): number => relevance(fold(name), 'end');
    expect(names.sort((a, b) => by(a) - by(b))).toEqual([
      'End',
      'Ending',
      'Mail at the end',
      'Calendar entry',
      'Send mail',
      'Wait',
    ]);
  });
});
