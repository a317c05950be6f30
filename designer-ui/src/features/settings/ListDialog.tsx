import { ActionIcon, Button, Group, Modal, Stack, TextInput, Tooltip } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Archive, ArchiveRestore, Plus, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldErrors } from '@/features/crm/fields';
import type { Dictionary, DictionaryItem } from '@/features/crm/ownFields';
import { randomId } from '@/lib/ids';
import { errorText } from '@/ui';
import { addDictionary, changeDictionary } from './fieldsApi';

type ListDialogProps = { list: Dictionary | null; onClose: () => void; onSaved: () => void };

type Row = DictionaryItem & { row: string };

/** The values of a list: named, added, retired. A value that no record holds can be removed. */
export function ListDialog({ list, onClose, onSaved }: ListDialogProps) {
  const { t } = useTranslation(['settings', 'common']);
  const [name, setName] = useState(list?.name ?? '');
  const [rows, setRows] = useState<Row[]>(() =>
    (list?.items ?? [{ name: '' }]).map((item) => ({ ...item, row: randomId() })),
  );
  const save = useMutation({
    mutationFn: () => {
      const items = rows
        .filter((row) => row.name.trim() !== '')
        .map(({ row: _row, ...item }) => ({ ...item, name: item.name.trim() }));
      return list ? changeDictionary(list, name.trim(), items) : addDictionary(name.trim(), items);
    },
    onSuccess: onSaved,
  });
  const [tried, setTried] = useState(false);
  const errors = fieldErrors(save.error);
  if (tried && name.trim() === '') errors.name = t('common:form.error.required');
  const general = save.error
    ? (errors.items ?? (Object.keys(errors).length === 0 ? errorText(save.error).title : ''))
    : '';
  const change = (row: string, patch: Partial<DictionaryItem>) =>
    setRows((old) => old.map((one) => (one.row === row ? { ...one, ...patch } : one)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() !== '') save.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={list ? t('editOne', { name: list.name }) : t('fields.addList')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput
            data-autofocus
            required
            label={t('fields.listName')}
            maxLength={200}
            value={name}
            error={errors.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <fieldset style={{ border: 0, margin: 0, padding: 0, display: 'grid', gap: 8 }}>
            <legend style={{ fontWeight: 500, fontSize: 14, padding: 0, marginBottom: 4 }}>
              {t('fields.values')}
            </legend>
            {rows.map((row, index) => {
              const retire = row.retired
                ? t('fields.bringBackValue', { name: row.name })
                : t('fields.retireValue', { name: row.name });
              return (
                <Group key={row.row} gap={4} wrap="nowrap" align="flex-start">
                  <TextInput
                    style={{ flex: 1, opacity: row.retired ? 0.6 : 1 }}
                    aria-label={t('fields.value', { position: index + 1 })}
                    maxLength={200}
                    value={row.name}
                    error={errors[`items/${index}/name`]}
                    onChange={(event) => change(row.row, { name: event.currentTarget.value })}
                  />
                  {row.id && (
                    <Tooltip label={retire}>
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        size={36}
                        aria-label={retire}
                        onClick={() => change(row.row, { retired: !row.retired })}
                      >
                        {row.retired ? (
                          <ArchiveRestore size={16} aria-hidden />
                        ) : (
                          <Archive size={16} aria-hidden />
                        )}
                      </ActionIcon>
                    </Tooltip>
                  )}
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size={36}
                    aria-label={t('fields.removeValue', {
                      name: row.name || t('fields.value', { position: index + 1 }),
                    })}
                    onClick={() => setRows((old) => old.filter((one) => one.row !== row.row))}
                  >
                    <Trash2 size={16} aria-hidden />
                  </ActionIcon>
                </Group>
              );
            })}
            <Button
              variant="subtle"
              size="compact-sm"
              style={{ justifySelf: 'start' }}
              leftSection={<Plus size={14} aria-hidden />}
              onClick={() => setRows((old) => [...old, { name: '', row: randomId() }])}
            >
              {t('fields.addValue')}
            </Button>
          </fieldset>
          {general && (
            <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>
              {general}
            </div>
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
