import { describe, expect, it } from 'vitest';
import { contentOf } from './SendDialog';

describe('the content of a message', () => {
  it('is an object, and nothing is an empty one', () => {
    expect(contentOf(' ')).toEqual({});
    expect(contentOf('{"amount": 12}')).toEqual({ amount: 12 });
  });
  it('is nothing else', () => {
    for (const text of ['{"amount": ', '[1]', '"text"', 'null', '12'])
      expect(contentOf(text)).toBeUndefined();
  });
});
