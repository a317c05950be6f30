import { Alert, Button, Checkbox, FileButton, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { FileUp } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '@/ui';
import { importFile } from './api';
import classes from './Gallery.module.css';
import { References } from './References';

interface Chosen {
  readonly name: string;
  readonly content: unknown;
}

/** Takes a process from a file of another installation: shows what it names, and asks what is not found here. */
export function ImportFile({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['gallery', 'common']);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [file, setFile] = useState<Chosen>();
  const [unreadable, setUnreadable] = useState(false);
  const [name, setName] = useState<string>();
  const [map, setMap] = useState<Record<string, string>>({});
  const [incomplete, setIncomplete] = useState(false);
  const trial = useQuery({
    queryKey: ['definition-file', file?.name, file],
    queryFn: () => importFile({ file: file?.content, dryRun: true }),
    enabled: file !== undefined,
    gcTime: 0,
    retry: false,
  });
  const make = useMutation({
    mutationFn: () =>
      importFile({ file: file?.content, map, incomplete, ...(name?.trim() ? { name: name.trim() } : {}) }),
    onSuccess: ({ key }) => {
      void queryClient.invalidateQueries({ queryKey: ['definitions', 'list'] });
      void navigate({ to: '/definitions/$key', params: { key } });
    },
  });
  const choose = async (chosen: File | null): Promise<void> => {
    make.reset();
    setMap({});
    setName(undefined);
    setIncomplete(false);
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
  const problem = trial.error ?? make.error;
  const missing = (report?.references ?? []).filter(({ key, id }) => !id && !map[key]).length;
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t('gallery:import.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        <p className={classes.hint}>{t('gallery:import.help')}</p>
        <Group gap="sm">
          <FileButton
            accept=".json,application/json"
            onChange={(chosen) => void choose(chosen)}
            inputProps={{ 'aria-label': t('gallery:import.choose') }}
          >
            {(props) => (
              <Button
                {...props}
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
        {problem && (
          <Alert color="red" title={errorText(problem).title}>
            {errorText(problem).remedy}
          </Alert>
        )}
        {report && (
          <>
            <TextInput
              label={t('gallery:name')}
              maxLength={200}
              description={
                report.taken
                  ? t('gallery:import.taken', { key: report.key })
                  : t('gallery:steps', { count: report.steps })
              }
              value={name ?? report.name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <References references={report.references} map={map} onChange={setMap} />
            {missing > 0 && (
              <Checkbox
                label={t('gallery:import.incomplete')}
                checked={incomplete}
                onChange={(event) => setIncomplete(event.currentTarget.checked)}
              />
            )}
          </>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button
            loading={make.isPending}
            disabled={!report || (missing > 0 && !incomplete)}
            onClick={() => make.mutate()}
          >
            {t('gallery:import.act')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
