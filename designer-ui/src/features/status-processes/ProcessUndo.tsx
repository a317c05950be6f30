import { useQuery } from '@tanstack/react-query';
import { UndoDialog } from '@/features/automation/undo/UndoDialog';
import { pipelinesQuery } from '@/features/crm/queries';
import type { Step, Template } from './api';
import { useEditing } from './context';

interface ProcessUndoProps {
  template: Template;
  /** One of its steps; all of them without. */
  step?: Step;
  onClose: () => void;
}

/** What the processes of a template have done, and taking it back. */
export function ProcessUndo({ template, step, onClose }: ProcessUndoProps) {
  const { fieldName, nameOf } = useEditing();
  const stages = useQuery(pipelinesQuery).data?.items.flatMap((pipeline) => pipeline.stages) ?? [];
  return (
    <UndoDialog
      part={step ? 'step' : 'process'}
      path={`/status-processes/${template.id}${step ? `/steps/${step.id}` : ''}`}
      name={step ? nameOf(step) : template.name}
      version={template.process.version}
      words={{ fieldName, stageName: (id) => stages.find((stage) => stage.id === id)?.name }}
      onClose={onClose}
    />
  );
}
