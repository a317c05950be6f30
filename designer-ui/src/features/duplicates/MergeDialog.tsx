import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { FieldWords } from '@/features/crm/FieldWords';
import type { FieldInfo } from '@/features/crm/ownFields';
import { formatDateTime } from '@/lib/format';
import { ErrorState, notifyError, PageSkeleton } from '@/ui';
import { choicesOf, chosenOf, everything } from './choices';

type MergeDialogProps = {
  type: string;
  ids: readonly string[];
  onMerged: (merge: gen.CrmMerge) => void;
  onClose: () => void;
};

const comparisonKey = 'comparison';

/** Everything may have changed by a merging but what the dialog compares: that is no more, and the dialog still closes. */
export const changedByMerging = {
  predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => !queryKey.includes(comparisonKey),
};

/** Records become one: which of them stays, and of each field in which they differ, whose value. */
export function MergeDialog({ type, ids, onMerged, onClose }: MergeDialogProps) {
  const { t } = useTranslation(['transfer', 'crm', 'common']);
  const path = `/duplicates/${encodeURIComponent(type)}`;
  const compared = useQuery({
    queryKey: ['duplicates', type, comparisonKey, ids],
    queryFn: ({ signal }) => api.get<gen.CrmCompared>(`${path}/comparison`, { id: ids }, signal),
    staleTime: 0,
  });
  const [stays, setStays] = useState<string | null>(null);
  const [take, setTake] = useState<Record<string, string>>({});
  const records = compared.data?.records ?? [];
  const into = stays ?? records[0]?.id ?? '';
  const merge = useMutation({
    mutationFn: () =>
      api.post<gen.CrmMerge>(`${path}/merge`, {
        into,
        from: records.map((record) => record.id).filter((id) => id !== into),
        take: Object.fromEntries(Object.entries(take).filter(([, id]) => id !== everything)),
      }),
    onSuccess: onMerged,
    onError: notifyError,
  });
  const label = (field: FieldInfo) => (field.standard ? t(`crm:field.${field.key as 'title'}`) : field.label);
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={t('transfer:mergeTitle')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      {compared.error && <ErrorState error={compared.error} onRetry={() => compared.refetch()} />}
      {!compared.error && !compared.data && <PageSkeleton />}
      {compared.data && (
        <Stack gap="md">
          <Text size="sm">{t('transfer:mergeText')}</Text>
          <Radio.Group label={t('transfer:stays')} value={into} onChange={setStays}>
            <Stack gap={6} mt={6}>
              {records.map((record) => (
                <Radio
                  key={record.id}
                  value={record.id}
                  label={record.title}
                  description={t('transfer:added', { at: formatDateTime(record.createdAt ?? '') })}
                />
              ))}
            </Stack>
          </Radio.Group>
          {(compared.data.fields as FieldInfo[]).map((field) => (
            <Radio.Group
              key={field.key}
              label={label(field)}
              value={take[field.key] ?? chosenOf(field, records, into)}
              onChange={(id) => setTake((old) => ({ ...old, [field.key]: id }))}
            >
              <Stack gap={6} mt={6}>
                {field.multiple && <Radio value={everything} label={t('transfer:together')} />}
                {choicesOf(field.key, records).map(({ id, value }) => (
                  <Radio
                    key={id}
                    value={id}
                    label={<FieldWords field={field} value={value} names={compared.data.names ?? {}} />}
                  />
                ))}
              </Stack>
            </Radio.Group>
          ))}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button loading={merge.isPending} onClick={() => merge.mutate()}>
              {t('transfer:merge')}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
