import { useEffect, useRef, useState } from 'react';
import type { Standing } from './useSigns';

/**
 * The drawing goes along with a rehearsal: what it has come to is brought into view. Who moves the view by hand has it
 * to themselves from then on, until they ask to be taken along again or another rehearsal is opened.
 */
export function useFollowing(
  standing: Standing | undefined,
  reveal: (id: string) => void,
): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(true);
  const latest = useRef(reveal);
  latest.current = reveal;
  const open = standing !== undefined;
  useEffect(() => {
    if (!open) setOn(true);
  }, [open]);
  useEffect(() => {
    const at = standing?.at;
    if (on && at !== undefined) latest.current(at);
  }, [on, standing]);
  return [on, setOn];
}
