import { useEffect, useState } from 'react';

const SECOND = 1000;

/**
 * The time of the clock while something that began at `since` goes on: every second in its first minutes, then every
 * half minute. Without a beginning it stands still.
 */
export function useNow(since: number | undefined): number {
  const [now, setNow] = useState(() => Date.now());
  const young = since !== undefined && now - since < 5 * 60 * SECOND;
  useEffect(() => {
    if (since === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), young ? SECOND : 30 * SECOND);
    return () => clearInterval(timer);
  }, [since, young]);
  return now;
}
