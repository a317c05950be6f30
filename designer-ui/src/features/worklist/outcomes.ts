import type { FormField, Outcome, TaskDetail } from '@/api/queries/tasks';
import type { JsonSchema } from '@/features/forms';
import type { ProcessDocument } from '@/lib/process/types';

/** Outcomes to choose from; a plain user task has the one unnamed outcome "complete". */
export function outcomesOf(task: TaskDetail): Outcome[] {
  const outcomes = task.config.outcomes ?? [];
  return outcomes.length > 0 ? outcomes : [{ name: '', positive: true }];
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

/** Names of what follows an outcome. */
export function nextNodes(task: TaskDetail, outcome: Outcome): readonly string[] {
  return task.next?.[outcome.name] ?? (outcome.name === '' ? (Object.values(task.next ?? {})[0] ?? []) : []);
}

function fieldSchema(field: FormField): JsonSchema {
  const texts: JsonSchema = { title: field.label || undefined, description: field.help || undefined };
  if (field.default !== undefined) texts.default = field.default;
  const one = ((): JsonSchema => {
    switch (field.type) {
      case 'text':
        return { type: 'string', 'x-widget': 'textarea' };
      case 'number':
      case 'integer':
      case 'boolean':
        return { type: field.type };
      case 'date':
        return { type: 'string', format: 'date' };
      case 'dateTime':
        return { type: 'string', format: 'date-time' };
      case 'money':
        return { type: 'object', 'x-widget': 'money' };
      case 'user':
        return { type: 'string', 'x-widget': 'user-picker' };
      case 'file':
        return { type: 'string', 'x-widget': 'file' };
      case 'choice':
        return { type: 'string', enum: field.options ?? [] };
      default:
        return { type: 'string' };
    }
  })();
  if (!field.multiple) return { ...one, ...texts };
  return { type: 'array', items: one, 'x-widget': one['x-widget'], 'x-many': true, ...texts };
}

/** Schema of the task's form; null when there is nothing to fill in. */
export function formSchemaOf(task: TaskDetail): JsonSchema | null {
  const fields = task.config.form ?? [];
  if (fields.length === 0) return null;
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
    required: fields.filter((field) => field.required && field.type !== 'boolean').map((field) => field.name),
  };
}

export function defaultsOf(schema: JsonSchema | null): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema?.properties ?? {})) {
    if (field.default !== undefined) values[name] = field.default;
  }
  return values;
}
