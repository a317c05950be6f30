import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Workflow } from 'lucide-react';
import { type FormEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { ErrorSummary, type FieldError, SchemaForm, validateForm } from '@/features/forms';
import { useMay } from '@/features/identity/useSession';
import { startedByHand } from '@/lib/process/starts';
import { EmptyState, ErrorState, errorSentences } from '@/ui';
import { parameterDefaults, parametersSchema, publishedProcessQuery, startableQuery, startRun } from './api';

type StartDialogProps = {
  onClose: () => void;
  /** The record that the run is about. */
  record?: { type: string; id: string };
  /** Key of the process, where it is known already. */
  definition?: string;
};

/** Starts a process by hand: which one, and what it asks for. */
export function StartDialog({ onClose, record, definition }: StartDialogProps) {
  const { t } = useTranslation(['runs', 'common']);
  const client = useQueryClient();
  const navigate = useNavigate();
  const startable = useQuery(startableQuery);
  const mayEdit = useMay('definitions.edit');
  const [key, setKey] = useState<string | null>(definition ?? null);
  const choices = (startable.data?.items ?? []).filter(
    (item) =>
      item.publishedVersion !== null &&
      item.enabled &&
      (item.appliesTo === '' || item.appliesTo === record?.type),
  );
  const chosen = choices.find((item) => item.key === key);
  const version = useQuery({
    ...publishedProcessQuery(chosen?.key ?? '', chosen?.publishedVersion ?? 0),
    enabled: chosen !== undefined,
  });
  const process = version.data?.process;
  const schema = useMemo(() => process && parametersSchema(process), [process]);
  const [given, setValue] = useState<Record<string, unknown> | null>(null);
  const value = given ?? (process ? parameterDefaults(process) : {});
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const byHand = process !== undefined && startedByHand(process);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!chosen || !schema) return;
    const found = validateForm(schema, value);
    setErrors(found);
    setFailure(null);
    if (found.length > 0) return;
    setBusy(true);
    try {
      const run = await startRun(chosen.key, value, record);
      void client.invalidateQueries({ queryKey: ['runs'] });
      if (record) void client.invalidateQueries({ queryKey: [record.type, record.id] });
      onClose();
      void navigate({ to: '/runs/$runId', params: { runId: run.id } });
    } catch (error) {
      const named = isApiError(error)
        ? error.details.flatMap(({ path = '', message }) =>
            path.startsWith('/parameters/') ? [{ path: path.slice('/parameters'.length), message }] : [],
          )
        : [];
      setErrors(named);
      if (named.length === 0) setFailure(errorSentences(error));
      setBusy(false);
    }
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title={t('start.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      {startable.error ? (
        <ErrorState error={startable.error} onRetry={() => void startable.refetch()} />
      ) : startable.data && choices.length === 0 ? (
        <EmptyState
          icon={Workflow}
          title={t(record ? 'start.noneForRecord' : 'start.none')}
          text={t(mayEdit ? 'start.noneText' : 'start.noneAsk')}
          action={
            mayEdit && (
              <Button renderRoot={(props) => <Link to="/definitions" {...props} />}>
                {t('start.openDefinitions')}
              </Button>
            )
          }
        />
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            <Select
              data-autofocus
              searchable
              label={t('start.process')}
              nothingFoundMessage={t('start.none')}
              data={choices.map((item) => ({ value: item.key, label: item.name }))}
              value={key}
              onChange={(next) => {
                setKey(next);
                setValue(null);
                setErrors([]);
                setFailure(null);
              }}
            />
            {version.error && <ErrorState error={version.error} onRetry={() => void version.refetch()} />}
            {process && !byHand && (
              <Text size="sm" c="dimmed">
                {t('start.notByHand')}
              </Text>
            )}
            {schema && byHand && Object.keys(schema.properties ?? {}).length > 0 && (
              <>
                {errors.length > 1 && <ErrorSummary schema={schema} errors={errors} idPrefix="start" />}
                <SchemaForm
                  schema={schema}
                  value={value}
                  errors={errors}
                  idPrefix="start"
                  onChange={setValue}
                />
              </>
            )}
            {failure && (
              <Text c="red" size="sm" role="alert">
                {failure}
              </Text>
            )}
            <Group justify="flex-end" gap="sm">
              <Button variant="default" onClick={onClose}>
                {t('common:action.cancel')}
              </Button>
              <Button type="submit" loading={busy} disabled={!byHand}>
                {t('start.submit')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
