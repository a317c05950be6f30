import { type RefObject, useEffect } from 'react';
import { type FieldError, type JsonSchema, SchemaForm, validateForm } from '@/features/forms';

type TaskFormProps = {
  schema: JsonSchema;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
  errors: readonly FieldError[];
  recordType?: string;
  upload: (file: File) => Promise<{ id: string; name: string }>;
  /** Filled in while the form is shown: checks values as the server will. */
  validator: RefObject<((values: unknown) => FieldError[]) | null>;
};

/** The fields of a task. A module of its own, because most tasks have none and need not wait for the form's code. */
export function TaskForm({ schema, validator, ...props }: TaskFormProps) {
  useEffect(() => {
    validator.current = (values) => validateForm(schema, values);
    return () => {
      validator.current = null;
    };
  }, [schema, validator]);
  return <SchemaForm {...props} schema={schema} idPrefix="task/values" />;
}
