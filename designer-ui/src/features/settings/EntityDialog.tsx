import { Button, Group, Modal, Stack } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { ErrorSummary, type FieldError, type JsonSchema, SchemaForm, validateForm } from '@/features/forms';
import { errorSentences } from '@/ui';

type EntityDialogProps = {
  title: string;
  schema: JsonSchema;
  initial: Record<string, unknown>;
  submitLabel: string;
  onSubmit: (value: Record<string, unknown>) => Promise<unknown>;
  onClose: () => void;
  footer?: ReactNode;
};

/** Dialog for one thing: a form by schema, checked here and again by the server, whose objections stand at the fields. */
export function EntityDialog(props: EntityDialogProps) {
  const { t } = useTranslation();
  const [value, setValue] = useState(props.initial);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = validateForm(props.schema, value);
    setTried(true);
    setErrors(found);
    setFailure(null);
    if (found.length > 0) return;
    setBusy(true);
    try {
      await props.onSubmit(value);
    } catch (error) {
      const named = isApiError(error)
        ? error.details.filter((detail) => detail.path && detail.path.split('/')[1] !== undefined)
        : [];
      setErrors(named.map(({ path = '', message }) => ({ path, message })));
      if (named.length === 0) setFailure(errorSentences(error));
      setBusy(false);
    }
  };

  return (
    <Modal
      opened
      onClose={props.onClose}
      title={props.title}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="lg">
          {errors.length > 1 && <ErrorSummary schema={props.schema} errors={errors} idPrefix="dialog" />}
          {failure && (
            <p role="alert" style={{ color: 'var(--fx-status-failed)', fontSize: 13 }}>
              {failure}
            </p>
          )}
          <SchemaForm
            schema={props.schema}
            value={value}
            errors={errors}
            idPrefix="dialog"
            onChange={(next) => {
              setValue(next);
              if (tried) setErrors(validateForm(props.schema, next));
            }}
          />
          {props.footer}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={props.onClose}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" loading={busy}>
              {props.submitLabel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
