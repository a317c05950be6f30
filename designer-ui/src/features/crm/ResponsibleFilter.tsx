import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';

type ResponsibleFilterProps = {
  value: string | undefined;
  onChange: (responsible: string | undefined) => void;
};

/** Whose clients are listed; also of those who have left. */
export function ResponsibleFilter({ value, onChange }: ResponsibleFilterProps) {
  const { t } = useTranslation(['crm', 'common']);
  const people = useQuery(directoryQuery).data?.users ?? [];
  return (
    <Select
      w={240}
      maw="100%"
      aria-label={t('field.responsible')}
      placeholder={t('field.responsible')}
      clearable
      searchable
      clearButtonProps={{ 'aria-label': t('common:action.clearFilters') }}
      data={people.map(({ id, name }) => ({ value: id, label: name }))}
      value={value ?? null}
      onChange={(chosen) => onChange(chosen ?? undefined)}
    />
  );
}
