import { useQuery } from '@tanstack/react-query';
import { UndoDialog } from '@/features/automation/undo/UndoDialog';
import { pipelinesQuery } from '@/features/crm/queries';
import type { Template } from './api';
import { useEditing } from './context';

/** What the processes of a template have done, and taking it back. */
export function ProcessUndo({ template, onClose }: { template: Template; onClose: () => void }) {
  const { fieldName } = useEditing();
  const stages = useQuery(pipelinesQuery).data?.items.flatMap((pipeline) => pipeline.stages) ?? [];
  return (
    <UndoDialog
      part="process"
      path={`/status-processes/${template.id}`}
      name={template.name}
      version={template.process.version}
      words={{ fieldName, stageName: (id) => stages.find((stage) => stage.id === id)?.name }}
      onClose={onClose}
    />
  );
}
