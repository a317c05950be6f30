import { SavedViews } from '@/features/runs/list/SavedViews';
import type { GridSearch } from './search';

type ViewsProps = { type: string; search: GridSearch; onOpen: (search: GridSearch) => void };

/** Saved views of the list of a record type. */
export function Views({ type, search, onOpen }: ViewsProps) {
  return (
    <SavedViews<GridSearch> page={`records:${type}`} share="pipelines.edit" search={search} onOpen={onOpen} />
  );
}
