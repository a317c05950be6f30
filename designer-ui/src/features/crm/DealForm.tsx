import { Button, Group, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText, notifyDone } from '@/ui';
import { DealInputs } from './DealInputs';
import { fieldErrors } from './fields';
import { updateDeal } from './queries';
import type { Deal, DealPatch } from './types';

/** Everything of a deal that people write, as one form. */
export function DealForm({ deal, onDone }: { deal: Deal; onDone: () => void }) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const [patch, setPatch] = useState<DealPatch>({});
  const save = useMutation({
    mutationFn: () => updateDeal(deal.type, deal.id, deal.rev, patch),
    onSuccess: (saved) => {
      client.setQueryData(['deal', deal.id], saved);
      client.invalidateQueries({ queryKey: ['deal', deal.id] });
      client.invalidateQueries({ queryKey: ['board'] });
      notifyDone(t('deal.saved'));
      onDone();
    },
  });
  const errors = fieldErrors(save.error);
  const general = save.error && Object.keys(errors).length === 0 ? errorText(save.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <DealInputs
          deal={deal}
          patch={patch}
          stage={deal.stageId}
          errors={errors}
          onChange={(change) => setPatch((old) => ({ ...old, ...change }))}
        />
        {general && (
          <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>
            {general.title} {general.remedy}
          </div>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onDone}>
            {t('common:action.cancel')}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={Object.keys(patch).length === 0}>
            {t('common:action.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
