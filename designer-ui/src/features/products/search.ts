const kinds = ['product', 'service'] as const;
export const orders = ['name', 'price', '-price', 'sku', 'section', '-createdAt'] as const;

/** What the catalogue keeps in the address. Parsed eagerly by the router, so keep it free of imports. */
export type ProductsSearch = {
  q?: string;
  section?: string;
  kind?: (typeof kinds)[number];
  sort?: (typeof orders)[number];
  archived?: boolean;
};

export function parseProductsSearch(search: Record<string, unknown>): ProductsSearch {
  const parsed: ProductsSearch = {};
  if (typeof search.q === 'string' && search.q !== '') parsed.q = search.q;
  if (typeof search.section === 'string' && search.section !== '') parsed.section = search.section;
  const kind = kinds.find((one) => one === search.kind);
  if (kind) parsed.kind = kind;
  const sort = orders.find((one) => one === search.sort && one !== 'name');
  if (sort) parsed.sort = sort;
  if (search.archived === true) parsed.archived = true;
  return parsed;
}
