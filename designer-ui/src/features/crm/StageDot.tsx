import { Check, X } from 'lucide-react';
import classes from './Board.module.css';
import type { Stage } from './types';

/** Colour of a stage; success and failure carry a sign as well. */
export function StageDot({ stage }: { stage: Stage }) {
  return (
    <span className={classes.dot} style={{ background: stage.color || 'var(--fx-line-control)' }} aria-hidden>
      {stage.kind === 'success' && <Check size={8} strokeWidth={4} />}
      {stage.kind === 'failure' && <X size={8} strokeWidth={4} />}
    </span>
  );
}
