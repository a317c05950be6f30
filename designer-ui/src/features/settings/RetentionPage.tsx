import { Button, Group, Paper, Stack } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { type Retention, retentionQuery, saveRetention } from '@/api/queries/settings';
import { ErrorSummary, type FieldError, type JsonSchema, SchemaForm, validateForm } from '@/features/forms';
import { definitionNamesQuery } from '@/features/runs/queries';
import { ErrorState, notifyDone, notifyError, Page, PageSkeleton } from '@/ui';
import { errorsOf, formOf, ruleOf } from './retention';

/** How long ended instances are kept. */
export function RetentionPage() {
  const { t } = useTranslation('settings');
  const { data, error, refetch } = useQuery(retentionQuery);
  return (
    <Page title={t('retention.title')} description={t('retention.text')} width="narrow">
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <PageSkeleton />}
      {data && <RetentionForm key={data.rev} rule={data} />}
    </Page>
  );
}

function RetentionForm({ rule }: { rule: Retention }) {
  const { t } = useTranslation(['settings', 'common']);
  const queryClient = useQueryClient();
  const names = useQuery(definitionNamesQuery).data?.items ?? [];
  const [value, setValue] = useState(() => ({ ...formOf(rule) }));
  const [errors, setErrors] = useState<FieldError[]>([]);
  // A rule outlives its process, as the instances do.
  const keys = new Set([...names.map(({ key }) => key), ...Object.keys(rule.processes)]);
  const days = { type: 'integer', minimum: 0, maximum: 36_500 };
  const schema: JsonSchema = {
    type: 'object',
    required: ['days'],
    properties: {
      days: { ...days, title: t('settings:retention.days'), description: t('settings:retention.daysHelp') },
      processes: {
        type: 'array',
        title: t('settings:retention.processes'),
        items: {
          type: 'object',
          title: t('settings:retention.process'),
          required: ['process', 'days'],
          properties: {
            process: {
              title: t('settings:retention.process'),
              oneOf: [...keys].map((key) => ({
                const: key,
                title: names.find((definition) => definition.key === key)?.name ?? key,
              })),
            },
            days: { ...days, title: t('settings:retention.days') },
          },
        },
      },
    },
  };
  const save = useMutation({
    mutationFn: () => saveRetention(ruleOf(value), rule.rev),
    onSuccess: () => {
      notifyDone(t('settings:saved'));
      void queryClient.invalidateQueries({ queryKey: retentionQuery.queryKey });
    },
    onError: (error) => {
      const named = isApiError(error) ? errorsOf(value, error.details) : [];
      if (named.length > 0) setErrors(named);
      else notifyError(error);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = validateForm(schema, value);
    setErrors(found);
    if (found.length === 0) save.mutate();
  };
  return (
    <Paper withBorder p="xl" radius="xl">
      <form onSubmit={submit} noValidate>
        <Stack gap="lg">
          {errors.length > 1 && <ErrorSummary schema={schema} errors={errors} idPrefix="retention" />}
          <SchemaForm
            schema={schema}
            value={value}
            errors={errors}
            idPrefix="retention"
            onChange={setValue}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
