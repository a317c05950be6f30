import { useQuery } from '@tanstack/react-query';
import { rowProductsQuery } from './api';
import { ProductPicture } from './ProductPicture';

interface RowPictureProps {
  readonly productId: string;
  /** The products of all rows: they are asked for together. */
  readonly of: readonly (string | undefined)[];
}

/** The picture of the product that a row was picked from, nothing while it has none. */
export function RowPicture({ productId, of }: RowPictureProps) {
  const { data } = useQuery(rowProductsQuery(of));
  const picture = data?.items.find(({ id }) => id === productId)?.pictureId;
  return picture ? <ProductPicture id={picture} /> : null;
}
