import { Alert, Button, Group, Modal, NativeSelect, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatNumber } from '@/lib/format';
import { notifyError } from '@/ui';
import { OwnInputs } from '../OwnInputs';
import { each } from '../ownFields';
import { pipelinesQuery } from '../queries';
import { type Job, type MassBody, previewMass, startMass } from './api';
import { editable, type GridColumn, neverEmpty, patchOf, type Row } from './columns';

export type MassAction = 'change' | 'stage' | 'delete';

type MassModalProps = {
  type: string;
  action: MassAction;
  columns: readonly GridColumn[];
  select: MassBody['select'];
  /** The field that is changed to begin with. */
  field?: string;
  onClose: () => void;
  onStarted: (job: Job) => void;
};

const nobody: Row = { id: '', rev: 0 };

/** Says what shall be done to the selected records, and how many they are, before anything is done. */
export function MassModal({ type, action, columns, select, field, onClose, onStarted }: MassModalProps) {
  const { t } = useTranslation(['grid', 'crm', 'common']);
  const fields = columns.filter(
    (column) => editable(column, nobody) && !(type === 'contact' && column.key === 'name'),
  );
  const [key, setKey] = useState(field ?? fields[0]?.key ?? '');
  const [value, setValue] = useState<unknown>();
  const pipelines = useQuery(pipelinesQuery).data?.items.filter((one) => one.type === type) ?? [];
  const [place, setPlace] = useState('');
  const [pipeline, stage] = (place || `${pipelines[0]?.id}:${pipelines[0]?.stages[0]?.id}`).split(':');
  const column = fields.find((one) => one.key === key);
  const needed = action === 'change' && column !== undefined && neverEmpty(column);
  const missing = needed && each(value).every((one) => String(one).trim() === '');
  const wish: MassBody['wish'] =
    action === 'change'
      ? { action, set: column ? patchOf(column, value ?? null, { ...nobody, currency: 'EUR' }) : {} }
      : action === 'stage'
        ? { action, pipeline, stage }
        : { action };
  const count = useQuery({
    queryKey: ['lists', type, 'mass', action, select, place],
    queryFn: () => previewMass(type, { wish, select }),
    enabled: action !== 'stage' || pipelines.length > 0,
    gcTime: 0,
  });
  const start = useMutation({
    mutationFn: () => startMass(type, { wish, select }),
    onSuccess: onStarted,
    onError: notifyError,
  });
  const n = count.data?.count ?? 0;
  const not = n - (count.data?.may ?? 0);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(`mass.${action}`)}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate();
        }}
      >
        <Stack gap="md">
          {action === 'change' && (
            <>
              <NativeSelect
                label={t('mass.field')}
                value={key}
                data={fields.map((one) => ({ value: one.key, label: one.label }))}
                onChange={(event) => {
                  setKey(event.currentTarget.value);
                  setValue(undefined);
                }}
              />
              {column && (
                <OwnInputs
                  key={key}
                  fields={[column.info]}
                  values={{ [key]: value }}
                  names={{}}
                  errors={{}}
                  isRequired={() => needed}
                  onChange={(_, next) => setValue(next)}
                />
              )}
              {!needed && (
                <Text size="xs" c="dimmed">
                  {t('mass.emptyClears')}
                </Text>
              )}
            </>
          )}
          {action === 'stage' && (
            <NativeSelect
              label={t('mass.stageTo')}
              value={`${pipeline}:${stage}`}
              data={pipelines.flatMap((one) =>
                one.stages.map((to) => ({
                  value: `${one.id}:${to.id}`,
                  label: pipelines.length > 1 ? `${one.name} · ${to.name}` : to.name,
                })),
              )}
              onChange={(event) => setPlace(event.currentTarget.value)}
            />
          )}
          <Text role="status">
            {count.data ? t('mass.count', { count: n, formatted: formatNumber(n) }) : t('mass.counting')}
            {not > 0 && ` ${t('mass.mayNot', { count: not, formatted: formatNumber(not) })}`}
          </Text>
          {action === 'delete' && <Alert color="orange">{t('mass.deleteText')}</Alert>}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button
              type="submit"
              color={action === 'delete' ? 'red' : undefined}
              loading={start.isPending}
              disabled={n === 0 || missing}
            >
              {t(`mass.do.${action}`)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
