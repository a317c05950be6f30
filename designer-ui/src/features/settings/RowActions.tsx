import { ActionIcon, Group, Tooltip } from '@mantine/core';
import { Pencil, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';

/** Edit and delete of one row. */
export function RowActions({
  name,
  onEdit,
  onDelete,
}: {
  name: string;
  onEdit?: () => void;
  onDelete?: () => void;
}) {
  const { t } = useTranslation(['settings', 'common']);
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      {onEdit && (
        <Tooltip label={t('common:action.edit')}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={32}
            aria-label={t('settings:editOne', { name })}
            onClick={onEdit}
          >
            <Pencil size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      {onDelete && (
        <Tooltip label={t('common:action.delete')}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={32}
            aria-label={t('settings:deleteOne', { name })}
            onClick={onDelete}
          >
            <Trash2 size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
    </Group>
  );
}
