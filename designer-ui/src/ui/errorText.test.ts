import { expect, test } from 'vitest';
import { ApiError, type ProblemDocument } from '@/api/problem';
import { errorSentences } from './errorText';

const problem = (title: string, remedy?: string) =>
  new ApiError(422, { code: 'validation', title, remedy } as ProblemDocument);

test('one full stop stands between what happened and what to do', () => {
  expect(errorSentences(problem('Some fields are not valid.', 'Correct them.'))).toBe(
    'Some fields are not valid. Correct them.',
  );
  expect(errorSentences(problem('Too many tries', 'Wait a minute.'))).toBe('Too many tries. Wait a minute.');
  expect(errorSentences(problem('Too many tries'))).toBe('Too many tries');
});
