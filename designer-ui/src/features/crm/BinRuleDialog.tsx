import { Button, Group, Modal, NumberInput, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText, notifyDone } from '@/ui';
import { fieldErrors } from './fields';
import { binRuleQuery, saveBinRule } from './queries';

type BinRuleDialogProps = { rule: { days: number; rev?: number }; onClose: () => void };

/** How long the bin keeps things. */
export function BinRuleDialog({ rule, onClose }: BinRuleDialogProps) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const [days, setDays] = useState<number | string>(rule.days);
  const save = useMutation({
    mutationFn: () => saveBinRule(rule, Number(days)),
    onSuccess: (saved) => {
      client.setQueryData(binRuleQuery.queryKey, saved);
      void client.invalidateQueries({ queryKey: ['bin'] });
      notifyDone(t('deal.saved'));
      onClose();
    },
  });
  const errors = fieldErrors(save.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal
      opened
      size="sm"
      onClose={onClose}
      title={t('bin.rule')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <NumberInput
            data-autofocus
            label={t('bin.days')}
            description={t('bin.daysText')}
            min={1}
            max={3650}
            allowDecimal={false}
            value={days}
            error={errors.days ?? (save.error ? errorText(save.error).title : undefined)}
            onChange={setDays}
          />
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={days === ''}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
