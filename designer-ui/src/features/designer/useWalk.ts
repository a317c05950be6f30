import { useCallback, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { announce } from '@/lib/live';
import type { Designer } from './DesignerContext';

const STEP_MS = 400;

/** Selects the flows of a way one after another, so that it can be followed with the eyes. */
export function useWalk(select: Designer['select']): (way: readonly string[]) => void {
  const { t } = useTranslation('designer');
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(
    (way) => {
      clearTimeout(timer.current);
      const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
      const go = (count: number): void => {
        // The newest first: that is the one brought into view.
        select(way.slice(0, count).reverse(), { reveal: true });
        if (count < way.length) timer.current = setTimeout(() => go(count + 1), STEP_MS);
      };
      go(still ? way.length : 1);
      announce(t('problems.shown', { count: way.length }));
    },
    [select, t],
  );
}
