import type { CSSProperties } from 'react';
import { iconOf } from '@/canvas/icons';
import type { Kind } from './catalogue';
import classes from './Tile.module.css';

/** The icon of a kind in its colour. */
export function Tile({ kind }: { kind: Pick<Kind, 'icon' | 'look'> }) {
  const Icon = iconOf(kind.icon);
  return (
    <span
      className={classes.tile}
      style={{ '--kind': `var(--fx-kind-${kind.look})` } as CSSProperties}
      data-tile
    >
      <Icon size={16} aria-hidden />
    </span>
  );
}
