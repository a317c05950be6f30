import type { Outcome, TaskDetail } from '@/api/queries/tasks';
import type { JsonSchema } from '@/features/forms';

/** Outcomes to choose from; a plain user task has the one unnamed outcome "complete". */
export function outcomesOf(task: TaskDetail): Outcome[] {
  const outcomes = task.config.outcomes ?? [];
  return outcomes.length > 0 ? outcomes : [{ name: '', positive: true }];
}

/** Whether a text must come with the outcome. A negative one must be explained unless the author says otherwise. */
export function needsComment(task: TaskDetail, outcome: Outcome): boolean {
  const { comment, commentRequired } = task.config;
  if (comment === 'never') return false;
  if (comment === 'required' || commentRequired === true || commentRequired === 'always') return true;
  if (commentRequired === false || commentRequired === 'never') return false;
  if (Array.isArray(commentRequired)) return commentRequired.includes(outcome.name);
  return task.kind === 'approval' && outcome.name !== '' && !outcome.positive;
}

/** Names of what follows an outcome. */
export function nextNodes(task: TaskDetail, outcome: Outcome): readonly string[] {
  return task.next?.[outcome.name] ?? (outcome.name === '' ? (Object.values(task.next ?? {})[0] ?? []) : []);
}

/** Schema of the task's form; null when there is nothing to fill in. */
export function formSchemaOf(task: TaskDetail): JsonSchema | null {
  const form = task.config.form;
  if (!form) return null;
  const schema = (form.schema ?? form) as JsonSchema;
  return schema.properties && Object.keys(schema.properties).length > 0 ? schema : null;
}

export function defaultsOf(schema: JsonSchema | null): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema?.properties ?? {})) {
    if (field.default !== undefined) values[name] = field.default;
  }
  return values;
}
