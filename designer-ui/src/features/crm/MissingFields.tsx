import { Alert, Anchor, Button, Group, Modal, Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { recordPath } from '@/lib/records';
import { DealInputs } from './DealInputs';
import { fieldErrors } from './fields';
import { dealQuery } from './queries';
import type { DealPatch, Stage } from './types';

type MissingFieldsProps = {
  recordType: string;
  dealId: string;
  stage: Stage;
  /** The refusal that names the fields. */
  refusal: unknown;
  busy: boolean;
  onMove: (fill: DealPatch, rev: number) => void;
  onClose: () => void;
};

const missingIn = (refusal: unknown): string[] =>
  isApiError(refusal) && Array.isArray(refusal.problem.fields) ? refusal.problem.fields.map(String) : [];

/** Asks for what a stage requires, and moves the deal together with the answers. */
export function MissingFields({
  recordType,
  dealId,
  stage,
  refusal,
  busy,
  onMove,
  onClose,
}: MissingFieldsProps) {
  const { t } = useTranslation(['crm', 'common']);
  const deal = useQuery(dealQuery(recordType, dealId));
  // What the first refusal named stays on the form when a second one names less.
  const [missing] = useState(() => missingIn(refusal));
  const [patch, setPatch] = useState<DealPatch>({});
  const [tried, setTried] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!deal.data) return;
    setTried(true);
    onMove(patch, deal.data.rev);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('missing.title', { stage: stage.name })}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      {deal.data ? (
        <form onSubmit={submit} noValidate>
          <Stack gap="sm">
            <p style={{ margin: 0 }}>{t('missing.text', { title: deal.data.title, stage: stage.name })}</p>
            <DealInputs
              deal={deal.data}
              patch={patch}
              stage={stage.id}
              only={missing}
              errors={tried ? fieldErrors(refusal) : {}}
              onChange={(change) => setPatch((old) => ({ ...old, ...change }))}
            />
            {missing.includes('products') && (
              <Alert color="blue" variant="light">
                {t('missing.products')}{' '}
                <Anchor href={recordPath(recordType, dealId)}>{t('missing.openDeal')}</Anchor>
              </Alert>
            )}
            <Group justify="flex-end" gap="sm">
              <Button variant="default" onClick={onClose}>
                {t('common:action.cancel')}
              </Button>
              <Button type="submit" loading={busy}>
                {t('missing.move')}
              </Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <Skeleton height={160} />
      )}
    </Modal>
  );
}
