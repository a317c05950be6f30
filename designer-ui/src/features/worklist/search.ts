export const taskViews = ['mine', 'group', 'today', 'overdue', 'delegated', 'done', 'all'] as const;
export type TaskView = (typeof taskViews)[number];

/** Saved filter, text, order and open task of the worklist, all in the address. */
export type WorklistSearch = {
  view?: TaskView;
  q?: string;
  definition?: string;
  sort?: 'due' | 'newest';
  task?: string;
};

export function parseWorklistSearch(search: Record<string, unknown>): WorklistSearch {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const parsed: WorklistSearch = {};
  const view = taskViews.find((name) => name === search.view);
  if (view) parsed.view = view;
  if (search.sort === 'due' || search.sort === 'newest') parsed.sort = search.sort;
  const q = text(search.q);
  if (q) parsed.q = q;
  const definition = text(search.definition);
  if (definition) parsed.definition = definition;
  // Ids made of digits only are parsed as numbers by the router.
  const task = typeof search.task === 'number' ? String(search.task) : text(search.task);
  if (task) parsed.task = task;
  return parsed;
}
