import type { TFunction } from 'i18next';
import type { Outcome, TaskDetail } from '@/api/queries/tasks';
import type { JsonSchema } from '@/features/forms';
import { schemaOfFields } from '@/features/forms/formFields';
import type { ProcessDocument } from '@/lib/process/types';

/** Outcomes to choose from; a plain user task has the one unnamed outcome "complete". */
export function outcomesOf(task: TaskDetail): Outcome[] {
  const outcomes = task.config.outcomes ?? [];
  return outcomes.length > 0 ? outcomes : [{ name: '', positive: true }];
}

/** Turning a request for information down: nothing needs to be filled in. */
export function isRefusal(task: TaskDetail, outcome: Outcome): boolean {
  return task.kind === 'requestInformation' && outcome.name === 'refused';
}

/** What the button of an outcome says. */
export function labelOf(t: TFunction<'inbox'>, task: TaskDetail, outcome: Outcome): string {
  if (outcome.label) return outcome.label;
  if (task.kind === 'acknowledge') return t('complete.acknowledge');
  if (isRefusal(task, outcome)) return t('complete.refuse');
  if (task.kind === 'requestInformation') return t('complete.send');
  return outcome.name || t('complete.action');
}

/** Whether a text must come with the outcome. */
export function needsComment(task: TaskDetail, outcome: Outcome): boolean {
  const { comment, commentRequired } = task.config;
  if (comment === 'never') return false;
  return comment === 'required' || (commentRequired ?? []).includes(outcome.name);
}

/** Whether an outcome sends the work round again: the task can be reached from what follows. */
export function leadsBack(task: TaskDetail, outcome: Outcome): boolean {
  const { flows = [] } = (task.process ?? {}) as Partial<ProcessDocument>;
  const seen = new Set<string>();
  const queue = flows
    .filter((flow) => flow.from === task.node && (flow.port ?? '') === outcome.name)
    .map((flow) => flow.to);
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (node === task.node) return true;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const flow of flows) if (flow.from === node) queue.push(flow.to);
  }
  return false;
}

/** Names of what follows an outcome; an end that its author gave no name is told as one. */
export function nextNodes(task: TaskDetail, outcome: Outcome, end: string): readonly string[] {
  const { nodes = [] } = (task.process ?? {}) as Partial<ProcessDocument>;
  const unnamed = new Set(nodes.filter(({ kind, name }) => kind === 'endEvent' && !name).map(({ id }) => id));
  const next =
    task.next?.[outcome.name] ?? (outcome.name === '' ? (Object.values(task.next ?? {})[0] ?? []) : []);
  return next.map((name) => (unnamed.has(name) ? end : name));
}

/** Schema of the task's form; null when there is nothing to fill in. */
export function formSchemaOf(task: TaskDetail): JsonSchema | null {
  const fields = task.config.form ?? [];
  return fields.length === 0 ? null : schemaOfFields(fields);
}

export function defaultsOf(schema: JsonSchema | null): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema?.properties ?? {})) {
    if (field.default !== undefined) values[name] = field.default;
  }
  return values;
}
