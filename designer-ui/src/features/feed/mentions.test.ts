import { expect, it } from 'vitest';
import { namedAt, partsOf, withMentions } from './mentions';

const people = [
  { id: 'anna', name: 'Anna' },
  { id: 'annak', name: 'Anna Kowalska' },
  { id: 'gone', name: 'Piotr', active: false },
];

it('finds people by their whole names, the longer first', () => {
  expect(withMentions('Ask @Anna Kowalska, @Anna or @Annabel, not @Piotr', people)).toBe(
    'Ask @[Anna Kowalska](annak), @[Anna](anna) or @Annabel, not @Piotr',
  );
  expect(withMentions('a@b', [])).toBe('a@b');
});

it('takes a text apart into words and people', () => {
  expect(partsOf('Hi @[Anna](anna)!')).toEqual([
    { text: 'Hi ' },
    { text: '@Anna', user: 'anna' },
    { text: '!' },
  ]);
  expect(partsOf('plain @[broken](')).toEqual([{ text: 'plain @[broken](' }]);
});

it('knows who is being named at the cursor', () => {
  expect(namedAt('Ask @Ann', 8)).toEqual({ from: 4, typed: 'Ann' });
  expect(namedAt('mail a@b.c', 10)).toBeNull();
  expect(namedAt('no one', 3)).toBeNull();
  expect(namedAt('@a\nb', 4)).toBeNull();
});
