import { setField } from '@/lib/process/edits';
import type { ProcessDocument, Trigger } from '@/lib/process/types';

/**
 * Sets what starts a process. A start by a record says what the process works on, unless that was said before; a stage
 * that is chosen always says it, because only records of its type come there.
 */
export function setTrigger(
  draft: ProcessDocument,
  id: string,
  trigger: Trigger | undefined,
  stageOf?: string,
): void {
  setField(draft, id, 'trigger', trigger);
  if (stageOf) draft.appliesTo = stageOf;
  const { on, type } = (trigger ?? {}) as { on?: string; type?: string };
  if (draft.appliesTo) return;
  if (on === 'stageEntered') draft.appliesTo = 'deal';
  else if (on === 'recordCreated' || on === 'recordChanged') draft.appliesTo = type ?? 'deal';
}
