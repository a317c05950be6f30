import type { ProcessDocument } from './types';

/** Whether one of the start events is for people: it has no trigger, or a manual one. */
export function startedByHand(process: ProcessDocument): boolean {
  return process.nodes.some((node) => {
    if (node.kind !== 'startEvent') return false;
    const trigger = node.trigger as { on?: string } | undefined;
    return trigger === undefined || Object.keys(trigger).length === 0 || trigger.on === 'manual';
  });
}
