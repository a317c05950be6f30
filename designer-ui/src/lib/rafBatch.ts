/** Collects items and hands them over once per animation frame, so that 500 events per second cost 60 renders. */
export function rafBatch<T>(flush: (items: T[]) => void): { push: (item: T) => void; cancel: () => void } {
  let items: T[] = [];
  let frame = 0;
  return {
    push(item) {
      items.push(item);
      if (frame !== 0) return;
      frame = requestAnimationFrame(() => {
        frame = 0;
        const batch = items;
        items = [];
        flush(batch);
      });
    },
    cancel() {
      cancelAnimationFrame(frame);
      frame = 0;
      items = [];
    },
  };
}
