import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { InlineProcess } from '@/features/expressions/inline';
import { ErrorState, PageSkeleton } from '@/ui';
import { templateQuery } from './api';
import { Editor } from './Editor';
import { handlerProcess } from './scope';

/** One status-driven process: its statuses, and what happens in them. */
export function StatusProcessPage() {
  const { processId } = useParams({ from: '/app/status-processes/$processId' });
  const { data, error, refetch } = useQuery(templateQuery(processId));
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <PageSkeleton />;
  return (
    <InlineProcess value={handlerProcess(data.type, [])}>
      <Editor key={processId} loaded={data} />
    </InlineProcess>
  );
}
