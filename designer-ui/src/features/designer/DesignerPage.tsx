import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useNodeKinds, useNodeKindsPending } from '@/api/queries/nodeKinds';
import { Later, later } from '@/lib/later';
import { ErrorState, PageSkeleton, useDocumentTitle } from '@/ui';
import { definitionQuery } from './api';
import { startEarly } from './early';

// Fetched while the definition is: the canvas library and the document come at the same time, not one after the other.
const editor = import('./Editor');
startEarly();

const Editor = later(() => editor.then(({ Editor }) => Editor));

/** One process definition in the designer. */
export function DesignerPage() {
  const { key = '' } = useParams({ strict: false });
  const definition = useQuery(definitionQuery(key));
  const kinds = useNodeKinds();
  const kindsPending = useNodeKindsPending();
  useDocumentTitle(definition.data?.name ?? '');
  if (definition.data && !kindsPending) {
    return (
      <Later fallback={<PageSkeleton />}>
        <Editor key={key} definition={definition.data} kinds={kinds} />
      </Later>
    );
  }
  if (definition.error)
    return <ErrorState error={definition.error} onRetry={() => void definition.refetch()} />;
  return <PageSkeleton />;
}
