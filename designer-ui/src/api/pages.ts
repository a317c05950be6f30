import { api, type Page, type Query } from './client';

/** Everything that a list holds, page by page, until there is as much as `most`. */
export async function allPages<T>(
  path: string,
  query: Query,
  most: number,
  signal: AbortSignal,
): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<T> = await api.get<Page<T>>(path, { ...query, limit: 200, cursor }, signal);
    found.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor && found.length < most);
  return found;
}
