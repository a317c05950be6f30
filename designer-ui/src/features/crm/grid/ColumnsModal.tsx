import { ActionIcon, Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { announce } from '@/lib/live';
import { type GridColumn, isTitle, moved, type Shown, widthOf } from './columns';
import classes from './Grid.module.css';

type ColumnsModalProps = {
  columns: readonly GridColumn[];
  shown: readonly Shown[];
  onChange: (shown: Shown[]) => void;
  onReset: () => void;
  onClose: () => void;
};

/** Which columns there are, and in what order. */
export function ColumnsModal({ columns, shown, onChange, onReset, onClose }: ColumnsModalProps) {
  const { t } = useTranslation(['grid', 'common']);
  const hidden = columns.filter((column) => !shown.some((one) => one.key === column.key));
  const move = (column: GridColumn, from: number, to: number) => {
    onChange(moved(shown, from, to));
    announce(t('columns.moved', { column: column.label, position: to + 1, total: shown.length }));
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('columns.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="sm">
        <ul className={classes.list}>
          {shown.map((one, index) => {
            const column = columns.find(({ key }) => key === one.key);
            return (
              column && (
                <li key={one.key} className={classes.choice}>
                  <Checkbox
                    checked
                    disabled={isTitle(column.key)}
                    label={column.label}
                    onChange={() => onChange(shown.filter(({ key }) => key !== one.key))}
                  />
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={t('columns.up', { column: column.label })}
                    disabled={index === 0}
                    onClick={() => move(column, index, index - 1)}
                  >
                    <ArrowUp size={16} aria-hidden />
                  </ActionIcon>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={t('columns.down', { column: column.label })}
                    disabled={index === shown.length - 1}
                    onClick={() => move(column, index, index + 1)}
                  >
                    <ArrowDown size={16} aria-hidden />
                  </ActionIcon>
                </li>
              )
            );
          })}
          {hidden.map((column) => (
            <li key={column.key} className={classes.choice}>
              <Checkbox
                checked={false}
                label={column.label}
                onChange={() => onChange([...shown, { key: column.key, width: widthOf(column) }])}
              />
            </li>
          ))}
        </ul>
        <Text size="xs" c="dimmed">
          {t('columns.help')}
        </Text>
        <Group justify="flex-end" gap="sm">
          <Button variant="subtle" onClick={onReset}>
            {t('columns.reset')}
          </Button>
          <Button onClick={onClose}>{t('common:action.close')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
