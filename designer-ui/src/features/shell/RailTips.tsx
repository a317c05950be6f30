import { type RefObject, useEffect, useState } from 'react';
import classes from './AppLayout.module.css';

/** Names of the rail's icons while labels are off: one bubble for all elements with `data-tip`. */
export function RailTips({ rail }: { rail: RefObject<HTMLElement | null> }) {
  const [tip, setTip] = useState<{ text: string; top: number } | null>(null);
  useEffect(() => {
    const element = rail.current;
    if (!element) return;
    const show = (event: Event) => {
      const target = (event.target as Element).closest<HTMLElement>('[data-tip]');
      if (!target?.dataset.tip) {
        setTip(null);
        return;
      }
      const { top, height } = target.getBoundingClientRect();
      setTip({ text: target.dataset.tip, top: top + height / 2 });
    };
    const hide = () => setTip(null);
    element.addEventListener('pointerover', show);
    element.addEventListener('focusin', show);
    element.addEventListener('pointerleave', hide);
    element.addEventListener('focusout', hide);
    element.addEventListener('click', hide);
    return () => {
      element.removeEventListener('pointerover', show);
      element.removeEventListener('focusin', show);
      element.removeEventListener('pointerleave', hide);
      element.removeEventListener('focusout', hide);
      element.removeEventListener('click', hide);
    };
  }, [rail]);
  if (!tip) return null;
  return (
    <div className={classes.tip} style={{ top: tip.top }} aria-hidden>
      {tip.text}
    </div>
  );
}
