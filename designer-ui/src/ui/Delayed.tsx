import { type ReactNode, useEffect, useState } from 'react';

/** Shows its children only after a while: what is fast enough needs no skeleton. */
export function Delayed({ milliseconds = 150, children }: { milliseconds?: number; children: ReactNode }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds]);
  return shown ? children : null;
}
