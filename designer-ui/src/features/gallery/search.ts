/** What the address of the gallery says: a category, and the template that is open. */
export function parseGallerySearch(search: Record<string, unknown>): {
  category?: string;
  template?: string;
} {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const category = text(search.category);
  const template = text(search.template);
  return { ...(category ? { category } : {}), ...(template ? { template } : {}) };
}
