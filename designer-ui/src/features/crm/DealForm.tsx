import { Button, Group, Stack } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText, notifyDone } from '@/ui';
import { LeaveGuard } from '@/ui/LeaveGuard';
import { DealInputs } from './DealInputs';
import { fieldErrors } from './fields';
import { KnownAlready } from './KnownAlready';
import { updateDeal } from './queries';
import type { Deal, DealPatch } from './types';
import { useMergedSave } from './useMergedSave';

/** Everything of a deal that people write, as one form. */
export function DealForm({ deal, onDone }: { deal: Deal; onDone: () => void }) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const [patch, setPatch] = useState<DealPatch>({});
  // The record is read anew while somebody writes: what clashes is what changed since the form was opened.
  const [begun] = useState(deal.rev);
  const done = () => {
    void client.invalidateQueries({ queryKey: ['deal', deal.id] });
    onDone();
  };
  const { save, isPending, error, dialog } = useMergedSave<DealPatch, Deal>({
    recordType: deal.type,
    send: (change, rev) => updateDeal(deal.type, deal.id, rev, change),
    onSaved: (saved) => {
      client.setQueryData(['deal', deal.id], saved);
      void client.invalidateQueries({ queryKey: ['board'] });
      notifyDone(t('deal.saved'));
      done();
    },
    onTheirs: done,
  });
  const errors = fieldErrors(error);
  const general = error && Object.keys(errors).length === 0 ? errorText(error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(patch, begun);
  };
  return (
    <form onSubmit={submit} noValidate>
      <LeaveGuard active={!isPending && Object.keys(patch).length > 0} />
      <Stack gap="sm">
        <DealInputs
          deal={deal}
          patch={patch}
          stage={deal.stageId}
          errors={errors}
          onChange={(change) => setPatch((old) => ({ ...old, ...change }))}
        />
        {deal.type === 'lead' && (
          <KnownAlready
            emails={patch.fields?.email}
            phones={patch.fields?.phone}
            except={deal.id}
            take={{
              contact: ({ id }) => setPatch((old) => ({ ...old, contactId: id })),
              company: ({ id }) => setPatch((old) => ({ ...old, companyId: id })),
            }}
          />
        )}
        {general && (
          <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>
            {general.title} {general.remedy}
          </div>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onDone}>
            {t('common:action.cancel')}
          </Button>
          <Button type="submit" loading={isPending} disabled={Object.keys(patch).length === 0}>
            {t('common:action.save')}
          </Button>
        </Group>
      </Stack>
      {dialog}
    </form>
  );
}
