import { act, render } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useNow } from './useNow';

beforeEach(() => vi.useFakeTimers({ now: 1_000_000_000 }));
afterEach(() => vi.useRealTimers());

function Clock({ since }: { since: number | undefined }) {
  const now = useNow(since);
  return <p>{since === undefined ? 'still' : Math.round((now - since) / 1000)}</p>;
}

it('counts seconds, then half minutes, with one timer for all', () => {
  const young = Date.now() - 10_000;
  const old = Date.now() - 600_000;
  const { container, unmount } = render(
    <>
      <Clock since={young} />
      <Clock since={old} />
      <Clock since={undefined} />
    </>,
  );
  const shown = () => [...container.querySelectorAll('p')].map(({ textContent }) => textContent);
  expect(shown()).toEqual(['10', '600', 'still']);
  expect(vi.getTimerCount()).toBe(1);
  act(() => vi.advanceTimersByTime(29_000));
  expect(shown()).toEqual(['39', '600', 'still']);
  act(() => vi.advanceTimersByTime(2_000));
  expect(shown()).toEqual(['41', '630', 'still']);
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});
