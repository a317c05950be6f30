import { FormProvider } from './context';
import { Field } from './Field';
import type { JsonSchema } from './schema';

interface ValueFieldProps {
  readonly schema: JsonSchema;
  readonly label: string;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly id: string;
  readonly readOnly: boolean;
}

/** One value with the widget of its type, without a visible label: a part of a larger control. */
export function ValueField({ schema, label, value, onChange, id, readOnly }: ValueFieldProps) {
  return (
    <FormProvider
      value={{
        root: schema,
        value: {},
        errors: [],
        expressions: false,
        scope: undefined,
        recordType: 'deal',
        upload: undefined,
        files: [],
        readOnly,
        idPrefix: id,
        setAt: (_, next) => onChange(next),
      }}
    >
      <Field name={label} schema={{ title: label, ...schema }} value={value} path={[]} required hideLabel />
    </FormProvider>
  );
}
