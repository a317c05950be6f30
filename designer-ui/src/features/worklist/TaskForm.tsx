import { type RefObject, useEffect } from 'react';
import type { FormField } from '@/api/queries/tasks';
import { type FieldError, type JsonSchema, SchemaForm, validateForm } from '@/features/forms';
import { limitErrors } from '@/features/forms/formFields';

type TaskFormProps = {
  fields: readonly FormField[];
  schema: JsonSchema;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
  errors: readonly FieldError[];
  recordType?: string;
  upload: (file: File) => Promise<{ id: string; name: string }>;
  files: readonly { id: string; name: string }[];
  /** Filled in while the form is shown: checks values as the server will. */
  validator: RefObject<((values: unknown) => FieldError[]) | null>;
};

/** The fields of a task. A module of its own, because most tasks have none and need not wait for the form's code. */
export function TaskForm({ fields, schema, validator, ...props }: TaskFormProps) {
  useEffect(() => {
    validator.current = (values) => [
      ...validateForm(schema, values),
      ...limitErrors(fields, values as Record<string, unknown>),
    ];
    return () => {
      validator.current = null;
    };
  }, [fields, schema, validator]);
  return <SchemaForm {...props} schema={schema} idPrefix="task/values" />;
}
