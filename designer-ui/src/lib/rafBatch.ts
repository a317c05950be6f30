/** How long a page that is not looked at, and so has no frames, keeps what came. */
const UNSEEN_MS = 1000;

/** Collects items and hands them over once per animation frame, so that 500 events per second cost 60 renders. */
export function rafBatch<T>(flush: (items: T[]) => void): { push: (item: T) => void; cancel: () => void } {
  let items: T[] = [];
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = 0;
    items = [];
  };
  const hand = (): void => {
    const batch = items;
    cancel();
    flush(batch);
  };
  return {
    push(item) {
      items.push(item);
      if (frame !== 0) return;
      frame = requestAnimationFrame(hand);
      timer = setTimeout(hand, UNSEEN_MS);
    },
    cancel,
  };
}
