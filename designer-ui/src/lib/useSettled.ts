import { useEffect, useState } from 'react';

const LATEST_MS = 300;

/** False until what is shown first has been painted and the page has a moment to spare. */
export function useSettled(): boolean {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const settle = (): void => setSettled(true);
    // Safari has no idle callbacks.
    if (typeof window.requestIdleCallback !== 'function') {
      const timer = setTimeout(settle, LATEST_MS);
      return () => clearTimeout(timer);
    }
    // Two frames: the page is idle between the first commit and its paint, too.
    let idle = 0;
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        idle = window.requestIdleCallback(settle, { timeout: LATEST_MS });
      });
    });
    return () => {
      cancelAnimationFrame(frame);
      if (idle !== 0) window.cancelIdleCallback(idle);
    };
  }, []);
  return settled;
}
