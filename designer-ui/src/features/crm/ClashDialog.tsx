import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Clash } from './clash';
import { FieldWords } from './FieldWords';
import { recordTypesQuery } from './ownFields';

type ClashDialogProps = {
  recordType: string;
  clashes: readonly Clash[];
  names: Record<string, string>;
  busy: boolean;
  /** The fields of which the other value stays. */
  onDecide: (theirs: string[]) => void;
  onClose: () => void;
};

const sides = ['mine', 'theirs'] as const;

/** Fields that two people changed at once: whose value stays is chosen for each. */
export function ClashDialog({ recordType, clashes, names, busy, onDecide, onClose }: ClashDialogProps) {
  const { t } = useTranslation(['crm', 'grid', 'products', 'common']);
  const fields = useQuery(recordTypesQuery).data?.items.find((type) => type.key === recordType)?.fields ?? [];
  const [theirs, setTheirs] = useState<readonly string[]>([]);
  const label = (key: string) =>
    recordType === 'product'
      ? t(`products:${key as 'name'}`)
      : (fields.find((field) => field.key === key && !field.standard)?.label ??
        t(`crm:field.${key as 'title'}`));
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('grid:clash.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        <Text>{t('crm:clash.choose')}</Text>
        {clashes.map((clash) => (
          <Radio.Group
            key={clash.field}
            label={label(clash.field)}
            value={theirs.includes(clash.field) ? 'theirs' : 'mine'}
            onChange={(side) =>
              setTheirs((old) => [
                ...old.filter((field) => field !== clash.field),
                ...(side === 'theirs' ? [clash.field] : []),
              ])
            }
          >
            <Stack gap={6} mt={6}>
              {sides.map((side) => (
                <Radio
                  key={side}
                  value={side}
                  label={
                    <>
                      {t(`grid:clash.${side}`)}:{' '}
                      <strong>
                        <FieldWords
                          field={fields.find((field) => field.key === clash.field)}
                          value={clash[side]}
                          names={names}
                        />
                      </strong>
                    </>
                  }
                />
              ))}
            </Stack>
          </Radio.Group>
        ))}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button loading={busy} onClick={() => onDecide([...theirs])}>
            {t('common:action.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
