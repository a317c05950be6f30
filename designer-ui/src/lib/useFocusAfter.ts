import { type RefObject, useCallback, useEffect, useRef } from 'react';

/**
 * Where the focus goes once a list has changed: into what was added, along with what was moved, beside what was removed.
 * `goTo` takes a selector within the list; the change is made right after it.
 */
export function useFocusAfter<T extends HTMLElement>(): {
  readonly list: RefObject<T | null>;
  readonly goTo: (selector: string) => void;
} {
  const list = useRef<T>(null);
  const wanted = useRef<string>(undefined);
  useEffect(() => {
    const found = wanted.current && list.current?.querySelector<HTMLElement>(wanted.current);
    if (!found) return;
    wanted.current = undefined;
    found.focus();
  });
  const goTo = useCallback((selector: string) => {
    wanted.current = selector;
  }, []);
  return { list, goTo };
}
