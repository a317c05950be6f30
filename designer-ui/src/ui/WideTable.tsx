import type { CSSProperties, ReactNode } from 'react';
import classes from './WideTable.module.css';

type WideTableProps = { label: string; minWidth: number; children: ReactNode };

/**
 * A plain table that scrolls sideways within its page, also by keyboard. On a phone each row is a card: its first cell
 * is the title, the others stand below with what `data-label` calls them.
 */
export function WideTable({ label, minWidth, children }: WideTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className={classes.scroll} aria-label={label} tabIndex={0}>
      <table className={classes.table} style={{ '--least': `${minWidth}px` } as CSSProperties}>
        {children}
      </table>
    </section>
  );
}
