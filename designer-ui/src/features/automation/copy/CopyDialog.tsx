import { Anchor, Button, Checkbox, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { pipelinesQuery } from '@/features/crm/queries';
import { useTypeNames } from '@/features/crm/TypeTabs';
import { ErrorState, notifyError, showToast } from '@/ui';
import classes from '../Automation.module.css';
import { type StageInfo, useBoard } from '../context';

interface CopyDialogProps {
  readonly stage: StageInfo;
  /** What is chosen at the beginning; absent: all of the stage. */
  readonly only?: string;
  readonly onClose: () => void;
}

/** Copies rules of a stage, as they are saved, to a stage of another pipeline: what is missing there is chosen first. */
export function CopyDialog({ stage, only, onClose }: CopyDialogProps) {
  const { t } = useTranslation(['automation', 'common']);
  const board = useBoard();
  const client = useQueryClient();
  // What a toast shows stands outside of the router, where a link would fail.
  const navigate = useNavigate();
  const typeName = useTypeNames();
  const stored = board.stored.get(stage.id);
  const entries = [...(stored?.robots ?? []), ...(stored?.triggers ?? [])];
  const [chosen, setChosen] = useState<string[]>(only ? [only] : entries.map(({ id }) => id));
  const [pipeline, setPipeline] = useState<string | null>(null);
  const [to, setTo] = useState<string | null>(null);
  const [map, setMap] = useState<Record<string, string>>({});
  const pipelines = useQuery(pipelinesQuery);
  const others = (pipelines.data?.items ?? []).filter(({ id }) => id !== board.pipeline.id);
  const target = others.find(({ id }) => id === pipeline);
  const path = `/stage-boards/${board.pipeline.id}/stages/${stage.id}/copies`;
  const wish = { ids: chosen, to: { pipeline: pipeline ?? '', stage: to ?? '' }, map };
  const ready = pipeline !== null && to !== null && chosen.length > 0;
  const look = useQuery({
    queryKey: ['stage-board', 'copy', path, wish],
    queryFn: () => api.post<gen.BoardCopied>(path, { ...wish, dryRun: true }),
    enabled: ready,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const copy = useMutation({
    mutationFn: () => api.post<gen.BoardCopied>(path, wish, { rev: look.data?.rev ?? 0 }),
    onSuccess: (done) => {
      void client.invalidateQueries({ queryKey: ['stage-board', pipeline] });
      showToast({
        message: (
          <>
            {t('copy.done', { count: done.copies.length, pipeline: target?.name })}{' '}
            <Anchor
              component="button"
              type="button"
              size="sm"
              onClick={() => void navigate({ to: `/crm/automation/${pipeline}` })}
            >
              {t('copy.show')}
            </Anchor>
          </>
        ),
      });
      onClose();
    },
    onError: (error) => {
      notifyError(error);
      void look.refetch();
    },
  });
  const nameOf = (id: string): string => {
    const entry = entries.find((own) => own.id === id);
    return entry ? board.nameOf(entry) : id;
  };
  const found = ready ? look.data : undefined;
  const wrong = found?.findings.filter(({ severity }) => severity === 'error') ?? [];
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('copy.title', { stage: stage.name })}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md" data-copy>
        <Text size="sm">{t('copy.about')}</Text>
        <Checkbox.Group label={t('copy.which')} value={chosen} onChange={setChosen}>
          <Stack gap={6} mt={6}>
            {entries.map((entry) => (
              <Checkbox key={entry.id} size="sm" value={entry.id} label={board.nameOf(entry)} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Group grow align="flex-start">
          <Select
            label={t('copy.pipeline')}
            searchable
            allowDeselect={false}
            data={others.map(({ id, name, type }) => ({ value: id, label: `${name} · ${typeName(type)}` }))}
            value={pipeline}
            onChange={(next) => {
              setPipeline(next);
              setTo(null);
              setMap({});
            }}
          />
          <Select
            label={t('copy.stage')}
            allowDeselect={false}
            disabled={!target}
            data={(target?.stages ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            value={to}
            onChange={setTo}
          />
        </Group>
        {look.error && <ErrorState error={look.error} onRetry={() => void look.refetch()} />}
        {found && found.references.length > 0 && (
          <section aria-label={t('copy.names')}>
            <Text size="sm" fw={500}>
              {t('copy.names')}
            </Text>
            <Text size="xs" c="dimmed" role="status">
              {found.missing > 0 ? t('copy.missing', { count: found.missing }) : t('copy.complete')}
            </Text>
            <Stack gap="xs" mt="xs">
              {found.references.map((reference) => (
                <Select
                  key={reference.key}
                  size="sm"
                  searchable
                  label={t(`copy.kind.${reference.kind}`, {
                    name: reference.kind === 'field' ? board.fieldName(reference.name) : reference.name,
                  })}
                  description={t('copy.uses', { rules: reference.uses.map(nameOf).join(', ') })}
                  placeholder={t('copy.choose')}
                  data={reference.choices.map(({ id, name }) => ({ value: id, label: name }))}
                  value={map[reference.key] ?? (reference.id || null)}
                  onChange={(next) => {
                    const { [reference.key]: _, ...rest } = map;
                    setMap(next ? { ...rest, [reference.key]: next } : rest);
                  }}
                />
              ))}
            </Stack>
            <Text size="xs" c="dimmed" mt="xs">
              {t('copy.leaveOut')}
            </Text>
          </section>
        )}
        {found?.copies.some(({ alone }) => alone) && (
          <p className={classes.notice}>
            {t('copy.alone', {
              rules: found.copies
                .filter(({ alone }) => alone)
                .map(({ from }) => nameOf(from))
                .join(', '),
            })}
          </p>
        )}
        {wrong.map(({ message, path: at }) => (
          <p key={`${at} ${message}`} className={classes.notice} data-tone="error" role="alert">
            {message}
          </p>
        ))}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button
            loading={copy.isPending}
            disabled={!found || look.isFetching || found.missing > 0 || wrong.length > 0}
            onClick={() => copy.mutate()}
          >
            {t('copy.do')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
