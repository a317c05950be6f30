import { Alert, Button, FileButton, Group, Modal, Stack } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { FileUp } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { importFile } from '@/features/gallery/api';
import { References } from '@/features/gallery/References';
import type { ProcessDocument } from '@/lib/process/types';
import { errorText } from '@/ui';
import { ChangeList } from './ChangeList';
import classes from './Designer.module.css';
import { useDesigner } from './DesignerContext';

/** Takes a process from a file as this draft: shows what it names and what it changes before anything is replaced. */
export function ReplaceByFile(props: { onClose: () => void; onReplace: (process: ProcessDocument) => void }) {
  const { t } = useTranslation(['designer', 'gallery', 'common']);
  const { definitionKey, document, kinds } = useDesigner();
  const [file, setFile] = useState<{ readonly name: string; readonly content: unknown }>();
  const [unreadable, setUnreadable] = useState(false);
  const [map, setMap] = useState<Record<string, string>>({});
  const trial = useQuery({
    queryKey: ['definition-file', definitionKey, file, map],
    queryFn: () => importFile({ file: file?.content, map, dryRun: true, into: definitionKey }),
    enabled: file !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 0,
    retry: false,
  });
  const choose = async (chosen: File | null): Promise<void> => {
    setMap({});
    setUnreadable(false);
    setFile(undefined);
    if (!chosen) return;
    try {
      setFile({ name: chosen.name, content: JSON.parse(await chosen.text()) as unknown });
    } catch {
      setUnreadable(true);
    }
  };
  const report = file ? trial.data : undefined;
  const process = report?.process;
  return (
    <Modal
      opened
      onClose={props.onClose}
      size="xl"
      title={t('designer:replace.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        <p className={classes.hint}>{t('designer:replace.help')}</p>
        <Group gap="sm">
          <FileButton
            accept=".json,application/json"
            onChange={(chosen) => void choose(chosen)}
            inputProps={{ 'aria-label': t('gallery:import.choose') }}
          >
            {(button) => (
              <Button
                {...button}
                variant="default"
                leftSection={<FileUp size={16} aria-hidden />}
                data-autofocus
              >
                {t('gallery:import.choose')}
              </Button>
            )}
          </FileButton>
          {file && <span>{file.name}</span>}
        </Group>
        {unreadable && <Alert color="red" title={t('gallery:import.unreadable')} />}
        {file && trial.error && (
          <Alert color="red" title={errorText(trial.error).title}>
            {errorText(trial.error).remedy}
          </Alert>
        )}
        {report && process && (
          <>
            <References references={report.references} map={map} onChange={setMap} />
            <section aria-label={t('designer:replace.changes')}>
              <h3 className={classes.blockTitle}>{t('designer:replace.changes')}</h3>
              <div className={classes.scrolling}>
                <ChangeList base={document} next={process} kinds={kinds} moves />
              </div>
            </section>
          </>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={props.onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button
            disabled={!process}
            loading={trial.isFetching}
            onClick={() => process && props.onReplace(process)}
          >
            {t('designer:replace.act')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
