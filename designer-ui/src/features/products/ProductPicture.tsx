import { Package } from 'lucide-react';
import classes from './Products.module.css';

interface ProductPictureProps {
  /** The file that shows the product; without one a sign stands in its place. */
  readonly id: string | undefined;
  readonly size?: 'row' | 'large';
}

/** A product as it looks. Its name stands beside it, so that there is nothing to read out. */
export function ProductPicture({ id, size = 'row' }: ProductPictureProps) {
  return (
    <span className={classes.picture} data-size={size}>
      {id ? (
        <img src={`/api/v1/files/${encodeURIComponent(id)}`} alt="" loading="lazy" draggable={false} />
      ) : (
        <Package size={size === 'row' ? 16 : 32} aria-hidden />
      )}
    </span>
  );
}
