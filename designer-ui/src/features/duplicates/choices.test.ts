import { describe, expect, it } from 'vitest';
import { choicesOf, chosenOf, everything } from './choices';

const records = [
  { id: 'a', values: { email: '', name: 'Anna', phone: ['1'] } },
  { id: 'b', values: { email: 'b@x.pl', name: 'Ania', phone: ['2'] } },
  { id: 'c', values: { email: 'b@x.pl', name: 'Anna', phone: [] } },
];

describe('choices of a merge', () => {
  it('are the different values of a field', () => {
    expect(choicesOf('name', records).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(choicesOf('email', records)).toEqual([
      { id: 'a', value: '' },
      { id: 'b', value: 'b@x.pl' },
    ]);
  });

  it('begin with what a merge does by itself', () => {
    expect(chosenOf({ key: 'name' }, records, 'b')).toBe('b');
    expect(chosenOf({ key: 'name' }, records, 'c')).toBe('a'); // the same name
    expect(chosenOf({ key: 'email' }, records, 'a')).toBe('b'); // it has none
    expect(chosenOf({ key: 'phone', multiple: true }, records, 'a')).toBe(everything);
  });
});
