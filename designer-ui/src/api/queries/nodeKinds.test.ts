import { describe, expect, it } from 'vitest';
import { withChoices } from './nodeKinds';

describe('withChoices', () => {
  it('splits choices into values and labels, at any depth', () => {
    const schema = {
      properties: { formats: { items: { type: 'string', enum: { pdf: 'PDF', docx: 'Word' } } } },
    };
    expect(withChoices(schema as never)).toEqual({
      properties: {
        formats: {
          items: { type: 'string', enum: ['pdf', 'docx'], 'x-labels': { pdf: 'PDF', docx: 'Word' } },
        },
      },
    });
  });

  it('leaves lists of values and a field called enum alone', () => {
    const schema = {
      enum: ['a'],
      properties: { enum: { type: 'string', title: 'Enum' }, other: { enum: [1, 2] } },
    };
    expect(withChoices({ properties: { a: { enum: ['x'] } } } as never)).toEqual({
      properties: { a: { enum: ['x'] } },
    });
    expect(withChoices(schema as never)).toEqual(schema);
  });
});
