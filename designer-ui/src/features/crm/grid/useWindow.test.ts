import { expect, test } from 'vitest';
import { rowsSeen } from './useWindow';

test('only what is seen, and a little around it, is drawn', () => {
  expect(rowsSeen(0, 370, 37, 10_000)).toEqual([0, 22]);
  expect(rowsSeen(37_000, 370, 37, 10_000)).toEqual([988, 1022]);
  expect(rowsSeen(37_000, 370, 37, 5)).toEqual([5, 5]);
  expect(rowsSeen(0, 370, 37, 0)).toEqual([0, 0]);
});
