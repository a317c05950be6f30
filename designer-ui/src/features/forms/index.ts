export type { ExpressionScope } from './context';
export { type DurationValue, parseDuration } from './duration';
export { ErrorSummary } from './ErrorSummary';
export { type FormChange, SchemaForm, type SchemaFormProps } from './SchemaForm';
export {
  type ExpressionValue,
  type FieldError,
  getAt,
  isExpression,
  type JsonSchema,
  type Path,
  pointerOf,
  setAt,
} from './schema';
export { ValueField } from './ValueField';
export { validateForm } from './validate';
