import { createContext, useContext } from 'react';
import type { FieldError, JsonSchema, Path } from './schema';

/** Where expressions of a form are evaluated: names and completion depend on it. */
export type ExpressionScope = { definitionKey?: string; node?: string };

export type UploadedFile = { id: string; name: string };

export type FormContextValue = {
  root: JsonSchema;
  value: Record<string, unknown>;
  errors: readonly FieldError[];
  expressions: boolean;
  scope: ExpressionScope | undefined;
  /** Kind of CRM record that stage and field pickers offer. */
  recordType: string;
  /** Pipeline in which the record stands, where that is known. */
  pipeline?: string | undefined;
  readOnly: boolean;
  /** Sends a file and returns what it is from then on; without it file fields cannot be filled. */
  upload: ((file: File) => Promise<UploadedFile>) | undefined;
  /** Files that were sent before, by whose names the reader knows them. */
  files: readonly UploadedFile[];
  idPrefix: string;
  setAt: (path: Path, value: unknown) => void;
};

const FormContext = createContext<FormContextValue | null>(null);
export const FormProvider = FormContext.Provider;

export function useFormContext(): FormContextValue {
  const context = useContext(FormContext);
  if (!context) throw new Error('a form field stands outside of a SchemaForm');
  return context;
}

/**
 * What every widget gets. Mantine's inputs show `help` and `error` themselves, because they tie them to the control;
 * for the other widgets the field shows them and `describedBy` names them.
 */
export type WidgetProps = {
  schema: JsonSchema;
  value: unknown;
  onChange: (value: unknown) => void;
  path: Path;
  id: string;
  describedBy: string | undefined;
  help: string | undefined;
  error: string | undefined;
  required: boolean;
  readOnly: boolean;
  /** Switches to an expression; absent where none is allowed. */
  onExpression?: () => void;
};
