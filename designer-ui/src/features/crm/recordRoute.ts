import { useParams } from '@tanstack/react-router';

/** The record type that the address names: "leads" are of type lead. */
export const typeOf = (segment: string | undefined) =>
  segment === 'companies' ? 'company' : (segment ?? 'deals').replace(/s$/, '');

/** Type and id of the record that the page shows. */
export function useRecordRoute(): { type: string; id: string } {
  const params = useParams({ strict: false }) as { type?: string; recordId?: string };
  return { type: typeOf(params.type), id: params.recordId ?? '' };
}
