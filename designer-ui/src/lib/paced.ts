/** A call at the next frame, and while they keep coming no more often than once in `every` milliseconds. */
export interface Paced {
  (): void;
  readonly cancel: () => void;
}

export function paced(act: () => void, every: number): Paced {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const atFrame = (): void => {
    timer = undefined;
    frame = requestAnimationFrame(() => {
      frame = 0;
      last = performance.now();
      act();
    });
  };
  const request = (): void => {
    if (frame !== 0 || timer !== undefined) return;
    const wait = last + every - performance.now();
    if (wait > 0) timer = setTimeout(atFrame, wait);
    else atFrame();
  };
  return Object.assign(request, {
    cancel: () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      frame = 0;
      timer = undefined;
    },
  });
}
