import { Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldError, SchemaForm, validateForm } from '@/features/forms';
import type { ProcessDocument } from '@/lib/process/types';
import type { Wish } from './api';
import { changedOf, variablesSchema } from './variables';

type VariablesFormProps = {
  wish: Wish;
  onChange: (wish: Wish) => void;
  process: ProcessDocument;
  /** Of one run; absent in bulk, where only what is filled in is set. */
  values?: Record<string, unknown>;
  onValid: (valid: boolean) => void;
};

const nothing: Record<string, unknown> = {};

/** The variables with their titles and editors. Only what was changed is asked for. */
export function VariablesForm({ wish, onChange, process, values = nothing, onValid }: VariablesFormProps) {
  const { t } = useTranslation('repair');
  // As the dialog was opened: a run that goes on meanwhile must not move the fields under the hands.
  const [before] = useState(values);
  const [draft, setDraft] = useState(before);
  const [errors, setErrors] = useState<readonly FieldError[]>([]);
  const schema = useMemo(() => variablesSchema(process, before), [process, before]);
  if (Object.keys(schema.properties ?? {}).length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t('variables.none')}
      </Text>
    );
  }
  return (
    <SchemaForm
      schema={schema}
      value={draft}
      errors={errors}
      idPrefix="repair/variables"
      onChange={(next) => {
        const changed = changedOf(before, next);
        const given = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== null));
        const found = validateForm(schema, given);
        setDraft(next);
        setErrors(found);
        onValid(found.length === 0);
        onChange({ ...wish, variables: Object.keys(changed).length > 0 ? changed : undefined });
      }}
    />
  );
}
