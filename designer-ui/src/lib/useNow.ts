import { useCallback, useState, useSyncExternalStore } from 'react';

const SECOND = 1000;
const YOUNG = 5 * 60 * SECOND;

/** One clock for all that goes on: hundreds of steps may, and each would have a timer of its own. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let time = 0;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    time = Date.now();
    for (const tell of [...listeners]) tell();
  }, SECOND);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const still = () => () => {};

/**
 * The time of the clock while something that began at `since` goes on: every second in its first minutes, then every
 * half minute. Without a beginning it stands still.
 */
export function useNow(since: number | undefined): number {
  const [mounted] = useState(() => Date.now());
  const read = useCallback((): number => {
    if (since === undefined) return mounted;
    if (timer === undefined && Date.now() - time >= SECOND) time = Date.now();
    return time - since < YOUNG ? time : time - ((time - since) % (30 * SECOND));
  }, [since, mounted]);
  return useSyncExternalStore(since === undefined ? still : subscribe, read);
}
