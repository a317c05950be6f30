import type { ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { useTopBarSlot } from './topBar';

/** Puts a page's breadcrumb, state and actions into the top bar. */
export function TopBarContent({ children }: { children: ReactNode }) {
  const slot = useTopBarSlot();
  return slot ? createPortal(children, slot) : null;
}
