import { useBoard } from '../context';
import { UndoDialog } from './UndoDialog';

interface BoardUndoProps {
  readonly stage: string;
  readonly part: 'robots' | 'triggers';
  readonly id: string;
  readonly name: string;
  readonly version: number | undefined;
  readonly onClose: () => void;
}

/** What a robot or trigger of a board has done, in the words of the board. */
export function BoardUndo({ stage, part, id, ...props }: BoardUndoProps) {
  const { pipeline, stages, fieldName } = useBoard();
  return (
    <UndoDialog
      {...props}
      part={part}
      path={`/stage-boards/${pipeline.id}/stages/${stage}/${part}/${id}`}
      words={{ fieldName, stageName: (id) => stages.find((one) => one.id === id)?.name }}
    />
  );
}
