import type { ReactNode } from 'react';
import classes from './WideTable.module.css';

type WideTableProps = { label: string; minWidth: number; children: ReactNode };

/** A plain table that scrolls sideways within its page, also by keyboard. */
export function WideTable({ label, minWidth, children }: WideTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className={classes.scroll} aria-label={label} tabIndex={0}>
      <table className={classes.table} style={{ minWidth }}>
        {children}
      </table>
    </section>
  );
}
