import { describe, expect, it } from 'vitest';
import { ApiError } from '@/api/problem';
import { fieldErrors, minorUnits } from './fields';
import { parseCrmSearch } from './search';

describe('fields of CRM forms', () => {
  it('finds the field a refusal names', () => {
    const refusal = new ApiError(422, {
      title: 'x',
      status: 422,
      errors: [
        { path: '/title', code: 'required', message: 'this must not be empty' },
        { path: '/products/0/quantity', code: 'not_a_number', message: 'write a number' },
      ],
    });
    expect(fieldErrors(refusal)).toEqual({
      title: 'this must not be empty',
      'products/0/quantity': 'write a number',
    });
    expect(fieldErrors(new Error('network'))).toEqual({});
  });

  it('turns what was typed into minor units without binary rests', () => {
    expect(minorUnits(1240.5)).toBe(124050);
    expect(minorUnits('0.29')).toBe(29);
    expect(minorUnits('')).toBeUndefined();
    expect(minorUnits('abc')).toBeUndefined();
  });

  it('keeps only what it knows of an address', () => {
    expect(parseCrmSearch({ q: 'pump', mine: true, responsible: 'marta', tab: 'runs', evil: '1' })).toEqual({
      q: 'pump',
      mine: true,
      responsible: 'marta',
      tab: 'runs',
    });
    expect(parseCrmSearch({ q: '', mine: 'yes', tab: 'nowhere' })).toEqual({});
  });
});
