import { describe, expect, it } from 'vitest';
import { visitTimes } from './visitTimes';

const state = {
  status: 'waiting',
  tokens: 1,
  left: 1,
  since: '2026-11-20T09:00:00Z',
  durationMs: 70_000,
} as const;

describe('visitTimes', () => {
  it('counts the present visit, not the rounds before it', () => {
    expect(visitTimes(state, true)).toEqual({ openSince: state.since });
    expect(visitTimes(state, false)).toEqual({});
  });
  it('has no duration for what only waits for a moment or was never reached', () => {
    expect(visitTimes({ ...state, status: 'timer' }, true)).toEqual({});
    expect(visitTimes({ ...state, status: 'idle', tokens: 0, left: 0, durationMs: 0 }, true)).toEqual({});
  });
  it('says how long it took when it is over', () => {
    expect(visitTimes({ ...state, status: 'done', tokens: 0 }, true)).toEqual({ durationMs: 70_000 });
  });
});
