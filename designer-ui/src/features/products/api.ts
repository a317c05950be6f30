import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { ProductsSearch } from './search';

export type Product = gen.CrmProduct;
export type ProductInput = gen.ProductInput;
export type Section = gen.CrmProductSection;

const one = (id: string) => `/products/${encodeURIComponent(id)}`;

/** What the API is asked for what stands in the address. */
export const asked = (search: ProductsSearch): Record<string, string> => ({
  ...(search.q && { q: search.q }),
  ...(search.section && { section: search.section }),
  ...(search.kind && { kind: search.kind }),
  ...(search.sort && { sort: search.sort }),
  ...(search.archived && { archived: 'true' }),
});

export const productsQuery = (search: ProductsSearch) =>
  infiniteQueryOptions({
    queryKey: ['products', search],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<Product>>('/products', { ...asked(search), cursor: pageParam, limit: 50 }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || null,
    placeholderData: keepPreviousData,
  });

/** The first few products that fit what was typed. */
export const foundProductsQuery = (q: string) =>
  queryOptions({
    queryKey: ['products', 'find', q],
    queryFn: ({ signal }) => api.get<Page<Product>>('/products', { q: q || undefined, limit: 8 }, signal),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });

/** The products of the rows of a record, archived ones as well, in one question. */
export const rowProductsQuery = (ids: readonly (string | undefined)[]) => {
  const known = [...new Set(ids.filter(Boolean))].sort().slice(0, 200).join(',');
  return queryOptions({
    queryKey: ['products', 'rows', known],
    queryFn: ({ signal }) => api.get<Page<Product>>('/products', { ids: known, limit: 200 }, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
};

export const sectionsQuery = queryOptions({
  queryKey: ['products', 'sections'],
  queryFn: ({ signal }) => api.get<Page<Section>>('/product-sections', undefined, signal),
  staleTime: 60_000,
});

export const readProduct = (id: string) => api.get<Product>(one(id));

export const saveProduct = (product: { id?: string; rev?: number }, body: ProductInput) =>
  product.id
    ? api.patch<Product>(one(product.id), body, { rev: product.rev })
    : api.post<Product>('/products', body);

export const archiveProduct = (product: Product, archived: boolean) =>
  api.post<Product>(`${one(product.id)}/${archived ? 'archive' : 'restore'}`, undefined, {
    rev: product.rev,
  });

export const deleteProduct = (product: Product) => api.delete(one(product.id), { rev: product.rev });

export const putPicture = (product: Product, file: File) => {
  const form = new FormData();
  form.set('file', file);
  return api.post<Product>(`${one(product.id)}/picture`, form);
};

export const deletePicture = (product: Product) => api.delete<Product>(`${one(product.id)}/picture`);
