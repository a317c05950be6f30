import { ActionIcon, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { CopyCheck, Download, FileDown, Upload } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { exportHref } from './api';

type TransferMenuProps = {
  type: string;
  search: Record<string, string>;
  /** The columns that the list shows, in their order; all without. */
  columns?: readonly string[];
};

const formats = ['xlsx', 'csv'] as const;

const withDuplicates = ['contact', 'company', 'lead'];

/** Import, export and duplicates of the records of a type; the export has what the list shows. */
export function TransferMenu({ type, search, columns }: TransferMenuProps) {
  const { t } = useTranslation('transfer');
  const mayAdd = useMay(type === 'product' ? 'products.edit' : 'crm.add');
  const mayExport = useMay('crm.export');
  const hasDuplicates = withDuplicates.includes(type);
  if (!mayAdd && !mayExport && !hasDuplicates) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={t('menu')}>
          <FileDown size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {mayAdd && (
          <Menu.Item
            component={Link}
            to={`/crm/import/${type}`}
            leftSection={<Upload size={16} aria-hidden />}
          >
            {t('import')}
          </Menu.Item>
        )}
        {mayExport &&
          columns &&
          formats.map((format) => (
            <Menu.Item
              key={`view-${format}`}
              component="a"
              href={exportHref(type, format, { ...search, columns: columns.join(',') })}
              download
              leftSection={<Download size={16} aria-hidden />}
            >
              {t('exportView', { format: format.toUpperCase() })}
            </Menu.Item>
          ))}
        {mayExport &&
          formats.map((format) => (
            <Menu.Item
              key={format}
              component="a"
              href={exportHref(type, format, search)}
              download
              leftSection={<Download size={16} aria-hidden />}
            >
              {t(columns ? 'exportAll' : 'export', { format: format.toUpperCase() })}
            </Menu.Item>
          ))}
        {hasDuplicates && (
          <Menu.Item
            component={Link}
            to={`/crm/duplicates/${type}`}
            leftSection={<CopyCheck size={16} aria-hidden />}
          >
            {t('duplicates')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
