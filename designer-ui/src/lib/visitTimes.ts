import type { NodeState } from '@/api/types';

type Times = { durationMs?: number; openSince?: string };

/**
 * What is drawn of the time a step took. A visit that is under way counts by itself, earlier rounds aside; what only
 * waits for a moment, or was never reached, has no duration.
 */
export function visitTimes(
  state: Pick<NodeState, 'status' | 'tokens' | 'left' | 'since' | 'durationMs'>,
  live: boolean,
): Times {
  if (state.status === 'idle' || state.status === 'timer') return {};
  if (state.status === 'done' || state.status === 'canceled' || state.tokens === 0) {
    return state.left > 0 || state.durationMs > 0 ? { durationMs: state.durationMs } : {};
  }
  return live && state.since ? { openSince: state.since } : {};
}
