import { describe, expect, it } from 'vitest';
import { ApiError } from '@/api/problem';
import { clashesOf, without } from './clash';

const refused = (clashes: unknown) =>
  new ApiError(409, { code: 'stale', clashes, names: { marta: 'Marta' }, current: { rev: 7 } });

describe('clashes of a change', () => {
  it('are those of a refusal, with the revision of what is stored', () => {
    const clash = { field: 'title', mine: 'A', theirs: 'B' };
    expect(clashesOf(refused([clash]))).toEqual({ clashes: [clash], names: { marta: 'Marta' }, rev: 7 });
    expect(clashesOf(refused([]))).toBeNull();
    expect(clashesOf(refused(undefined))).toBeNull();
    expect(clashesOf(new Error('offline'))).toBeNull();
  });

  it('ask about rows, not about the amount that follows from them', () => {
    const found = clashesOf(
      refused([
        { field: 'amount', mine: 1, theirs: 2 },
        { field: 'products', mine: [], theirs: [] },
      ]),
    );
    expect(found?.clashes.map(({ field }) => field)).toEqual(['products']);
  });

  it('leave out of the change what stays as others wrote it', () => {
    const patch = {
      title: 'A',
      companyId: 'c',
      amount: 1,
      currency: 'PLN',
      fields: { size: 1, color: 'red' },
    };
    expect(without(patch, ['company', 'amount', 'size'])).toEqual({ title: 'A', fields: { color: 'red' } });
    expect(without(patch, ['size', 'color'])).toEqual({
      title: 'A',
      companyId: 'c',
      amount: 1,
      currency: 'PLN',
    });
    expect(without({ contactIds: ['a'] }, ['contact'])).toEqual({});
  });
});
