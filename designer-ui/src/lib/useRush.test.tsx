import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useRush } from './useRush';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a rush begins with much at once and ends a second after the last of it', () => {
  const { result, rerender } = renderHook(({ count }) => useRush(count), { initialProps: { count: 0 } });
  rerender({ count: 2000 });
  expect(result.current, 'what was there at first').toBe(false);
  rerender({ count: 2049 });
  expect(result.current, 'a little').toBe(false);
  rerender({ count: 2100 });
  expect(result.current).toBe(true);
  act(() => vi.advanceTimersByTime(900));
  rerender({ count: 2200 });
  act(() => vi.advanceTimersByTime(900));
  expect(result.current, 'it goes on').toBe(true);
  act(() => vi.advanceTimersByTime(100));
  expect(result.current).toBe(false);
});
