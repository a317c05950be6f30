import { useEffect, useReducer, useRef } from 'react';

/**
 * The value as it was when a button of the pointer went down, until it is let go: what a drag selects on its way is
 * looked at when it has ended.
 */
export function useReleased<T>(value: T): T {
  const pressed = useRef(false);
  const shown = useRef(value);
  const latest = useRef(value);
  latest.current = value;
  const [, render] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const press = (): void => {
      pressed.current = true;
    };
    const release = (event: Event): void => {
      // Fields that lose the focus tell it on their way, too; only the window itself ends a press.
      if (event.type === 'blur' && event.target !== window) return;
      pressed.current = false;
      if (shown.current !== latest.current) render();
    };
    const ends = ['pointerup', 'pointercancel', 'blur'] as const;
    window.addEventListener('pointerdown', press, { capture: true });
    for (const end of ends) window.addEventListener(end, release, { capture: true });
    return () => {
      window.removeEventListener('pointerdown', press, { capture: true });
      for (const end of ends) window.removeEventListener(end, release, { capture: true });
    };
  }, []);
  if (!pressed.current) shown.current = value;
  return shown.current;
}
