import { describe, expect, it } from 'vitest';
import { placeholdersOf } from './chips';

describe('what is shown as a chip', () => {
  it('is a value by its path, and a secret by its id, in the order of the text', () => {
    const text = 'a {{ secret("telegram-bot") }} b {{ record.title }} c {{secret( \'x\' )}}';
    expect(placeholdersOf(text).map(({ path }) => path)).toEqual([
      'secret:telegram-bot',
      'record.title',
      'secret:x',
    ]);
    for (const { from, to } of placeholdersOf(text)) {
      expect(text.slice(from, to)).toMatch(/^\{\{.*\}\}$/);
    }
  });

  it('is nothing that is computed', () => {
    expect(
      placeholdersOf('{{ upper(record.title) }}{{ secret(record.title) }}{{ secret("a" + "b") }}'),
    ).toEqual([]);
  });
});
