// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { paced } from './paced';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'requestAnimationFrame', 'cancelAnimationFrame', 'performance'],
  });
});
afterEach(() => vi.useRealTimers());

it('acts at the next frame, then once per pace, and at the end', () => {
  const act = vi.fn();
  const request = paced(act, 100);
  request();
  expect(act).not.toHaveBeenCalled();
  vi.advanceTimersByTime(20);
  expect(act).toHaveBeenCalledTimes(1);
  for (let i = 0; i < 20; i++) {
    request();
    vi.advanceTimersByTime(10);
  }
  expect(act.mock.calls.length).toBeLessThanOrEqual(3);
  const seen = act.mock.calls.length;
  request();
  vi.advanceTimersByTime(200);
  expect(act.mock.calls.length).toBeGreaterThan(seen);
});

it('forgets what was asked for when it is canceled', () => {
  const act = vi.fn();
  const request = paced(act, 100);
  request();
  request.cancel();
  vi.advanceTimersByTime(500);
  expect(act).not.toHaveBeenCalled();
});
