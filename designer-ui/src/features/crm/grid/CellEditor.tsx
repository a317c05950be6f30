import { Button, Group, Popover } from '@mantine/core';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { OwnInputs } from '../OwnInputs';
import { fieldValue, type GridColumn, keptName, type Row } from './columns';

type CellEditorProps = {
  row: Row;
  column: GridColumn;
  names: Record<string, string>;
  children: ReactNode;
  /** What was typed, and whether the next cell shall follow. */
  onDone: (value: unknown, next: 0 | 1 | -1) => void;
  onCancel: () => void;
};

/** The input of a field over its cell: Enter keeps, Escape leaves, Tab keeps and goes on. */
export function CellEditor({ row, column, names, children, onDone, onCancel }: CellEditorProps) {
  const { t } = useTranslation(['grid', 'common']);
  const [value, setValue] = useState(() => fieldValue(row, column));
  const id = String(fieldValue(row, column) ?? '');
  const kept = keptName(row, column);
  const long = column.type === 'longText' || column.type === 'address' || column.key === 'comment';
  // Whoever goes on elsewhere has typed to the end. Lists of an input lie in a layer of their own, as this one does.
  const leave = useRef(() => {});
  useEffect(() => {
    leave.current = () => onDone(value, 0);
  });
  useEffect(() => {
    const onPointerDown = (event: PointerEvent) => {
      if (event.target instanceof Element && !event.target.closest('[data-portal]')) leave.current();
    };
    document.addEventListener('pointerdown', onPointerDown, true);
    return () => document.removeEventListener('pointerdown', onPointerDown, true);
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    const inList =
      event.target instanceof HTMLElement && event.target.getAttribute('aria-expanded') === 'true';
    if (event.key === 'Escape' && !inList) {
      event.preventDefault();
      onCancel();
    } else if (
      event.key === 'Tab' &&
      event.target instanceof HTMLElement &&
      !event.target.closest('button')
    ) {
      event.preventDefault();
      onDone(value, event.shiftKey ? -1 : 1);
    } else if (event.key === 'Enter' && !inList && (!long || event.ctrlKey || event.metaKey)) {
      if (event.target instanceof HTMLElement && event.target.closest('button')) return;
      event.preventDefault();
      onDone(value, 0);
    }
  };
  return (
    <Popover
      opened
      position="bottom-start"
      width={320}
      trapFocus
      withinPortal
      closeOnClickOutside={false}
      shadow="md"
    >
      <Popover.Target>{children}</Popover.Target>
      <Popover.Dropdown onKeyDown={onKeyDown} aria-label={t('edit.title', { field: column.label })}>
        <OwnInputs
          fields={[column.info]}
          values={{ [column.key]: value }}
          names={kept ? { ...names, [id]: kept } : names}
          errors={{}}
          isRequired={() => false}
          onChange={(_, next) => setValue(next)}
        />
        <Group justify="flex-end" gap="xs" mt="sm">
          <Button size="compact-sm" variant="default" onClick={onCancel}>
            {t('common:action.cancel')}
          </Button>
          <Button size="compact-sm" onClick={() => onDone(value, 0)}>
            {t('common:action.save')}
          </Button>
        </Group>
      </Popover.Dropdown>
    </Popover>
  );
}
