import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { pipelinesQuery } from '@/features/crm/queries';
import { InlineProcess } from '@/features/expressions/inline';
import { EmptyState, ErrorState, PageSkeleton } from '@/ui';
import { stageBoardQuery } from './api';
import { BoardEditor } from './BoardEditor';
import { inlineProcess } from './scope';

/** The rules of a pipeline: what happens by itself on each of its stages. */
export function AutomationPage() {
  const { t } = useTranslation('automation');
  const { pipelineId } = useParams({ from: '/app/crm/automation/$pipelineId' });
  const pipelines = useQuery(pipelinesQuery);
  const board = useQuery(stageBoardQuery(pipelineId));
  const pipeline = pipelines.data?.items.find(({ id }) => id === pipelineId);
  if (pipelines.error) return <ErrorState error={pipelines.error} onRetry={() => void pipelines.refetch()} />;
  if (pipelines.data && !pipeline)
    return (
      <EmptyState
        title={t('page.noPipeline')}
        action={
          <Button component={Link} to="/">
            {t('page.back')}
          </Button>
        }
      />
    );
  if (board.error) return <ErrorState error={board.error} onRetry={() => void board.refetch()} />;
  if (!pipeline || !board.data) return <PageSkeleton />;
  const order = pipeline.stages.map(({ id }) => id).join();
  return (
    <InlineProcess value={inlineProcess(board.data.type, [])}>
      <BoardEditor
        key={`${pipeline.id} ${order}`}
        pipeline={pipeline}
        board={board.data}
        all={pipelines.data?.items ?? []}
      />
    </InlineProcess>
  );
}
