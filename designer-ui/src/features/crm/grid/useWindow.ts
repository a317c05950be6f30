import { type RefObject, useLayoutEffect, useState } from 'react';

const overscan = 12;

/** Which rows of one height are to be drawn: those that are seen and a few around them. */
export function rowsSeen(top: number, seen: number, height: number, count: number): [number, number] {
  const first = Math.max(0, Math.floor(top / height) - overscan);
  return [Math.min(first, count), Math.min(count, Math.ceil((top + seen) / height) + overscan)];
}

/** Follows the scrolling of a frame. Scrolling by a row does not draw anew, by more than a few does. */
export function useWindow(frame: RefObject<HTMLElement | null>, height: number, count: number) {
  const [seen, setSeen] = useState<[number, number]>([0, Math.min(count, 60)]);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const look = () =>
      setSeen((old) => {
        const next = rowsSeen(element.scrollTop, element.clientHeight, height, count);
        const near = Math.abs(next[0] - old[0]) < overscan / 2 && Math.abs(next[1] - old[1]) < overscan / 2;
        return near && old[1] <= count && next[1] !== count ? old : next;
      });
    look();
    const watch = new ResizeObserver(look);
    watch.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [frame, height, count]);
  return seen;
}
