import { useEffect, useRef } from 'react';

/** How long a finger rests before it asks for the menu, and how far it may tremble meanwhile. */
const HOLD_MS = 500;
const TREMBLE = 10;

/** The element of the drawing under a finger; undefined on the empty canvas. */
function elementAt(target: EventTarget | null): string | undefined {
  return (
    (target as Element | null)?.closest<HTMLElement>('.react-flow__node, .react-flow__edge')?.dataset.id ??
    undefined
  );
}

/**
 * A finger that rests opens the menu, where the browser does not say so itself: Safari on iOS has no `contextmenu`.
 * Where it does, the browser's own event wins and this one is not told.
 */
export function useLongPress(
  container: HTMLElement,
  onLongPress: ((id: string | undefined, client: { x: number; y: number }) => void) | undefined,
): void {
  const latest = useRef(onLongPress);
  latest.current = onLongPress;
  useEffect(() => {
    let timer: number | undefined;
    let start = { x: 0, y: 0 };
    let told = false;
    const stop = (): void => {
      window.clearTimeout(timer);
      timer = undefined;
    };
    // A second finger pinches, wherever it comes down.
    const another = (event: PointerEvent): void => {
      if (!event.isPrimary) stop();
    };
    const down = (event: PointerEvent): void => {
      stop();
      told = false;
      if (event.pointerType !== 'touch' || !event.isPrimary || !latest.current) return;
      start = { x: event.clientX, y: event.clientY };
      const id = elementAt(event.target);
      timer = window.setTimeout(() => {
        timer = undefined;
        told = true;
        latest.current?.(id, start);
      }, HOLD_MS);
    };
    const move = (event: PointerEvent): void => {
      if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > TREMBLE) stop();
    };
    // Lifting the finger would press the mouse outside of the menu, and close it.
    const lift = (event: TouchEvent): void => {
      stop();
      if (told && event.cancelable) event.preventDefault();
      told = false;
    };
    const native = (event: MouseEvent): void => {
      stop();
      if (!told) return;
      event.preventDefault();
      event.stopPropagation();
    };
    const capture = { capture: true };
    window.addEventListener('pointerdown', another, capture);
    container.addEventListener('pointerdown', down, capture);
    container.addEventListener('pointermove', move, capture);
    container.addEventListener('pointercancel', stop, capture);
    container.addEventListener('touchend', lift, { capture: true, passive: false });
    container.addEventListener('contextmenu', native, capture);
    return () => {
      stop();
      window.removeEventListener('pointerdown', another, capture);
      container.removeEventListener('pointerdown', down, capture);
      container.removeEventListener('pointermove', move, capture);
      container.removeEventListener('pointercancel', stop, capture);
      container.removeEventListener('touchend', lift, capture);
      container.removeEventListener('contextmenu', native, capture);
    };
  }, [container]);
}
