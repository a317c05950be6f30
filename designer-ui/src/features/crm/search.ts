/** What the pages of this feature keep in the address. Parsed eagerly by the router, so keep it free of imports. */
export type CrmSearch = {
  q?: string;
  mine?: boolean;
  /** Whose clients, on the pages of contacts and companies. */
  responsible?: string;
  tab?: 'story' | 'activities' | 'documents' | 'automation' | 'runs';
};

const tabs = ['story', 'activities', 'documents', 'automation', 'runs'] as const;

export function parseCrmSearch(search: Record<string, unknown>): CrmSearch {
  const parsed: CrmSearch = {};
  if (typeof search.q === 'string' && search.q !== '') parsed.q = search.q;
  if (search.mine === true) parsed.mine = true;
  if (typeof search.responsible === 'string' && search.responsible !== '')
    parsed.responsible = search.responsible;
  const tab = tabs.find((name) => name === search.tab);
  if (tab) parsed.tab = tab;
  return parsed;
}
