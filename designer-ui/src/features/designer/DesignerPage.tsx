import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useNodeKinds } from '@/api/queries/nodeKinds';
import { ErrorState, PageSkeleton, useDocumentTitle } from '@/ui';
import { definitionQuery } from './api';
import { Editor } from './Editor';

/** One process definition in the designer. */
export function DesignerPage() {
  const { key = '' } = useParams({ strict: false });
  const definition = useQuery(definitionQuery(key));
  const kinds = useNodeKinds();
  useDocumentTitle(definition.data?.name ?? '');
  if (definition.data) return <Editor key={key} definition={definition.data} kinds={kinds} />;
  if (definition.error)
    return <ErrorState error={definition.error} onRetry={() => void definition.refetch()} />;
  return <PageSkeleton />;
}
