import { ActionIcon, Button, Group, Popover, TextInput, Tooltip } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Pencil, Play, Save, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldErrors } from '@/features/crm/fields';
import { ConfirmDialog, notifyDone, notifyError } from '@/ui';
import { useBoard } from '../context';
import {
  type Difference,
  deleteScenario,
  playScenario,
  type Report,
  renameScenario,
  type Scenario,
  saveScenario,
  scenariosQuery,
} from './api';
import classes from './Trial.module.css';

/** Keeps the trial under a name, with how it ends. */
export function SaveTrial(props: {
  trial: Pick<Scenario, 'record' | 'at'> & { acts: readonly Scenario['acts'][number][] };
}) {
  const { t } = useTranslation(['trial', 'common']);
  const { pipeline, rules } = useBoard();
  const client = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState('');
  const save = useMutation({
    mutationFn: () => {
      // What was played holds its report too, which is not kept.
      const { record, at, acts } = props.trial;
      return saveScenario(pipeline.id, { name: name.trim(), stages: rules.stages, record, at, acts });
    },
    onSuccess: () => {
      notifyDone(t('saved.done', { name: name.trim() }));
      setOpened(false);
      setName('');
      void client.invalidateQueries({ queryKey: ['trial-scenarios', pipeline.id] });
    },
    onError: (error) => {
      if (!fieldErrors(error).name) notifyError(error);
    },
  });
  return (
    <NamePopover
      opened={opened}
      onOpened={setOpened}
      name={name}
      onName={setName}
      save={save}
      target={
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Save size={14} aria-hidden />}
          onClick={() => setOpened(!opened)}
        >
          {t('saved.save')}
        </Button>
      }
    />
  );
}

/** Asks for the name of a trial. */
function NamePopover(props: {
  opened: boolean;
  onOpened: (opened: boolean) => void;
  name: string;
  onName: (name: string) => void;
  save: { mutate: () => void; isPending: boolean; error: unknown };
  target: ReactNode;
}) {
  const { t } = useTranslation(['trial', 'common']);
  const { name, save } = props;
  const empty = name.trim() === '';
  return (
    <Popover opened={props.opened} onChange={props.onOpened} position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>{props.target}</Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!empty) save.mutate();
          }}
        >
          <Group align="flex-end" gap="xs">
            <TextInput
              label={t('saved.name')}
              maxLength={100}
              value={name}
              error={save.error ? fieldErrors(save.error).name : undefined}
              onChange={(event) => props.onName(event.currentTarget.value)}
              data-autofocus
            />
            <Button type="submit" loading={save.isPending} disabled={empty}>
              {t('common:action.save')}
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Trials that were saved: played again with the rules on the screen. */
export function SavedTrials(props: {
  onPlayed: (scenario: Scenario, report: Report, differences: readonly Difference[]) => void;
}) {
  const { t } = useTranslation(['trial', 'common']);
  const { pipeline, rules, readOnly } = useBoard();
  const client = useQueryClient();
  const { data } = useQuery(scenariosQuery(pipeline.id));
  const play = useMutation({
    mutationFn: async (scenario: Scenario) => ({
      scenario,
      ...(await playScenario(pipeline.id, scenario.id, rules.stages)),
    }),
    onSuccess: ({ scenario, report, differences }) => props.onPlayed(scenario, report, differences),
    onError: notifyError,
  });
  // It stays while the dialog closes, which names it.
  const [deleting, setDeleting] = useState<Scenario>();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: (scenario: Scenario) => deleteScenario(pipeline.id, scenario),
    onError: notifyError,
    onSettled: () => {
      setAsking(false);
      void client.invalidateQueries({ queryKey: ['trial-scenarios', pipeline.id] });
    },
  });
  const items = data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section className={classes.start} aria-label={t('saved.title')} data-trial-saved>
      <h3 style={{ fontSize: 14 }}>{t('saved.title')}</h3>
      {items.map((scenario) => (
        <Group key={scenario.id} gap="xs" wrap="nowrap">
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Play size={14} aria-hidden />}
            loading={play.isPending && play.variables?.id === scenario.id}
            onClick={() => play.mutate(scenario)}
          >
            {scenario.name}
          </Button>
          {!readOnly && <RenameTrial scenario={scenario} />}
          {!readOnly && (
            <Tooltip label={t('common:action.delete')}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={28}
                aria-label={t('saved.delete', { name: scenario.name })}
                onClick={() => {
                  setDeleting(scenario);
                  setAsking(true);
                }}
              >
                <Trash2 size={14} aria-hidden />
              </ActionIcon>
            </Tooltip>
          )}
        </Group>
      ))}
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        danger
        title={t('saved.delete', { name: deleting?.name })}
        confirmLabel={t('common:action.delete')}
        busy={remove.isPending}
        onConfirm={() => deleting && remove.mutate(deleting)}
      />
    </section>
  );
}

function RenameTrial({ scenario }: { scenario: Scenario }) {
  const { t } = useTranslation(['trial', 'common']);
  const { pipeline } = useBoard();
  const client = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState(scenario.name);
  const rename = useMutation({
    mutationFn: () => renameScenario(pipeline.id, scenario, name.trim()),
    onSuccess: () => setOpened(false),
    onError: (error) => {
      if (!fieldErrors(error).name) notifyError(error);
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ['trial-scenarios', pipeline.id] }),
  });
  const open = (to: boolean) => {
    setOpened(to);
    setName(scenario.name);
    rename.reset();
  };
  return (
    <NamePopover
      opened={opened}
      onOpened={open}
      name={name}
      onName={setName}
      save={rename}
      target={
        <Tooltip label={t('saved.rename', { name: scenario.name })} disabled={opened}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={28}
            aria-label={t('saved.rename', { name: scenario.name })}
            onClick={() => open(!opened)}
          >
            <Pencil size={14} aria-hidden />
          </ActionIcon>
        </Tooltip>
      }
    />
  );
}

/** What ends otherwise than when the trial was saved. */
export function Differences({
  differences,
  stageName,
}: {
  differences: readonly Difference[];
  stageName: (id: string | undefined) => string;
}) {
  const { t } = useTranslation(['trial', 'automation']);
  const { rules, nameOf } = useBoard();
  const robotName = ({ stage, robot }: Difference): string => {
    const own = rules.stages.find((one) => one.stage === stage)?.robots.find(({ id }) => id === robot);
    return own ? nameOf(own) : (robot ?? '');
  };
  if (differences.length === 0)
    return (
      <p role="status" data-trial-same>
        {t('saved.same')}
      </p>
    );
  return (
    <div role="alert" className={classes.problem} data-trial-differs>
      <strong>{t('saved.differs')}</strong>
      <ul>
        {differences.map((one) => (
          <li key={`${one.what} ${one.stage} ${one.robot}`}>
            {t(`saved.what.${one.what}`, {
              robot: robotName(one),
              was: one.what === 'stage' ? stageName(one.was) : one.was || '–',
              is: one.what === 'stage' ? stageName(one.is) : one.is || '–',
            })}
          </li>
        ))}
      </ul>
    </div>
  );
}
