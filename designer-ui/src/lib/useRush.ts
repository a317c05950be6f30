import { useEffect, useRef, useState } from 'react';

/** True while a number grows by `much` and more at once, until it has not for a second. Its first value is no growth. */
export function useRush(count: number, much = 50): boolean {
  const before = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [rushed, setRushed] = useState(false);
  useEffect(() => {
    const grown = before.current > 0 && count - before.current >= much;
    before.current = count;
    if (!grown) return;
    setRushed(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setRushed(false), 1000);
  }, [count, much]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return rushed;
}
