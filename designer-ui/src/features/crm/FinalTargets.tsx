import { dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { useEffect, useRef, useState } from 'react';
import classes from './Board.module.css';
import { StageDot } from './StageDot';
import type { DealCard, Stage } from './types';

type FinalTargetsProps = {
  stages: Stage[];
  dragged: DealCard;
  onMove: (deal: DealCard, stage: Stage) => void;
};

/** While a deal is dragged: the stages that end its way, at the bottom, wherever the board is scrolled to. */
export function FinalTargets({ stages, dragged, onMove }: FinalTargetsProps) {
  const final = stages.filter((stage) => stage.kind !== 'normal' && stage.id !== dragged.stageId);
  return (
    <div className={classes.drop}>
      {final.map((stage) => (
        <Target key={stage.id} stage={stage} onMove={onMove} />
      ))}
    </div>
  );
}

function Target({ stage, onMove }: { stage: Stage; onMove: (deal: DealCard, stage: Stage) => void }) {
  const element = useRef<HTMLDivElement>(null);
  const [over, setOver] = useState(false);
  useEffect(() => {
    const node = element.current;
    if (!node) return;
    return dropTargetForElements({
      element: node,
      canDrop: ({ source }) => source.data.type === 'deal',
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: ({ source }) => onMove(source.data.deal as DealCard, stage),
    });
  }, [stage, onMove]);
  return (
    <div ref={element} className={`${classes.target} ${over ? classes.over : ''}`}>
      <StageDot stage={stage} />
      {stage.name}
    </div>
  );
}
