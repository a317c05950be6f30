import { Anchor, Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FileUp, Upload } from 'lucide-react';
import { type DragEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download } from '@/canvas/exportPicture';
import { formatNumber } from '@/lib/format';
import { DataTable, RelativeTime } from '@/ui';
import { columnsQuery, draftOf, importsQuery } from './api';
import classes from './Import.module.css';

type ImportStartProps = {
  type: string;
  sending: boolean;
  onChoose: () => void;
  onFile: (file: File) => void;
};

/** Where a file is dropped or chosen, what it may have, and what was imported before. */
export function ImportStart({ type, sending, onChoose, onFile }: ImportStartProps) {
  const { t } = useTranslation('transfer');
  const [over, setOver] = useState(false);
  const columns = (useQuery(columnsQuery(type)).data?.items ?? []).filter((column) => column.import);
  const earlier = (useQuery(importsQuery).data?.items ?? []).filter((job) => job.type === type);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file && !sending) onFile(file);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra way; the button inside does the same. */}
      <div
        className={classes.drop}
        data-over={over}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <FileUp size={28} aria-hidden className={classes.icon} />
        <Text fw={600}>{t('drop')}</Text>
        <Button leftSection={<Upload size={16} aria-hidden />} loading={sending} onClick={onChoose}>
          {t('choose')}
        </Button>
      </div>
      {columns.length > 0 && (
        <section aria-labelledby="import-columns">
          <h2 id="import-columns" className={classes.heading}>
            {t('columns')}
          </h2>
          <Text size="sm" c="dimmed">
            {t('columnsText')}{' '}
            <Anchor
              component="button"
              type="button"
              size="sm"
              // The mark at the beginning makes spreadsheets read it as UTF-8.
              onClick={() =>
                download(
                  `\ufeff${columns.map(({ label }) => `"${label.replaceAll('"', '""')}"`).join(';')}\r\n`,
                  `${type}.csv`,
                  'text/csv',
                )
              }
            >
              {t('template')}
            </Anchor>
          </Text>
          <ul className={classes.columns}>
            {columns.map(({ key, label, required }) => (
              <li key={key} data-required={required}>
                {label}
                {required && <span className={classes.required}>{t('required')}</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {earlier.length > 0 && (
        <section aria-labelledby="import-earlier">
          <h2 id="import-earlier" className={classes.heading}>
            {t('earlier')}
          </h2>
          <DataTable
            label={t('earlier')}
            items={earlier}
            keyOf={(job) => job.id}
            columns={[
              {
                key: 'file',
                title: t('fileName'),
                render: (job) => (
                  <Link to="/crm/import/$type" params={{ type }} search={{ file: draftOf(job) }}>
                    {job.name}
                  </Link>
                ),
              },
              {
                key: 'at',
                title: t('when'),
                render: (job) => job.createdAt && <RelativeTime at={job.createdAt} />,
              },
              { key: 'status', title: t('status'), render: (job) => t(`job.${job.status}`) },
              { key: 'changed', title: t('changed'), end: true, render: (job) => formatNumber(job.changed) },
              { key: 'same', title: t('same'), end: true, render: (job) => formatNumber(job.same) },
              { key: 'refused', title: t('refused'), end: true, render: (job) => formatNumber(job.refused) },
            ]}
          />
        </section>
      )}
    </>
  );
}
