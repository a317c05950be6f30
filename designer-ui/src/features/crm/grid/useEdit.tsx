import { Button, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { hideToast, notifyDone, notifyError, showToast } from '@/ui';
import { changeRow } from './api';
import { fieldValue, type GridColumn, patchOf, type Row, same } from './columns';

type Clash = { column: GridColumn; mine: unknown; base: unknown; current: Row };
type Words = (column: GridColumn, value: unknown) => string;

/** Changes a field of a record where it is shown. What others changed meanwhile is merged by field; a clash is shown. */
export function useEdit(
  type: string,
  replace: (row: Row) => void,
  words: Words,
): { change: (row: Row, column: GridColumn, value: unknown) => void; dialog: ReactNode } {
  const { t } = useTranslation(['grid', 'common']);
  const client = useQueryClient();
  const [clash, setClash] = useState<Clash | null>(null);

  const change = useCallback(
    (row: Row, column: GridColumn, value: unknown) => {
      const before = fieldValue(row, column);
      if (same(before, value)) return;
      const save = async (from: Row, tries: number, undo: boolean): Promise<void> => {
        try {
          const saved = await changeRow(type, from, patchOf(column, value, from));
          replace(saved);
          void client.invalidateQueries({ queryKey: ['lists', type, 'totals'] });
          void client.invalidateQueries({ queryKey: ['board'] });
          if (!undo) return;
          const id = `undo-${saved.id}-${column.key}`;
          showToast({
            id,
            autoClose: 8000,
            message: (
              <Group gap="sm" justify="space-between" wrap="nowrap">
                <span>{t('edit.done', { field: column.label })}</span>
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => {
                    hideToast(id);
                    changeRow(type, saved, patchOf(column, before ?? null, saved))
                      .then((back) => {
                        replace(back);
                        notifyDone(t('edit.undone', { field: column.label }));
                      })
                      .catch(notifyError);
                  }}
                >
                  {t('edit.undo')}
                </Button>
              </Group>
            ),
          });
        } catch (error) {
          const current = isApiError(error, 409) ? (error.problem.current as Row | undefined) : undefined;
          if (!current) return notifyError(error);
          // Another field was changed meanwhile: both changes stay.
          if (same(fieldValue(current, column), before) && tries > 0) return save(current, tries - 1, undo);
          replace(current);
          setClash({ column, mine: value, base: before, current });
        }
      };
      void save(row, 3, true);
    },
    [type, replace, client, t],
  );

  const dialog = clash && (
    <Modal
      opened
      onClose={() => setClash(null)}
      title={t('clash.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        <Text>{t('clash.text', { field: clash.column.label })}</Text>
        <Table>
          <Table.Tbody>
            {(
              [
                ['before', clash.base],
                ['theirs', fieldValue(clash.current, clash.column)],
                ['mine', clash.mine],
              ] as const
            ).map(([side, value]) => (
              <Table.Tr key={side}>
                <Table.Th scope="row">{t(`clash.${side}`)}</Table.Th>
                <Table.Td>{words(clash.column, value) || t('clash.nothing')}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={() => setClash(null)}>
            {t('clash.takeTheirs')}
          </Button>
          <Button
            onClick={() => {
              setClash(null);
              change(clash.current, clash.column, clash.mine);
            }}
          >
            {t('clash.keepMine')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
  return { change, dialog };
}
