import { ActionIcon, Button, Group, Select, Stack, Text, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Pencil, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText, notifyDone, notifyError } from '@/ui';
import type { Run } from '../../queries';
import runs from '../../Runs.module.css';
import { outlookQuery, planPreviewQuery, repairRun, type Wish } from '../api';
import { exitChoices, flowsOf, nodesOf, stepChoices } from '../choices';
import { OutcomeView } from '../OutcomeView';
import { useStand } from '../useStand';
import { useWords } from '../useWords';
import { ready, WishForm } from '../WishForm';
import classes from './Plan.module.css';
import { type Plan, type Planned, wishOf } from './usePlan';
import { usePlanWords } from './usePlanWords';

type PlanPanelProps = {
  run: Run;
  plan: Plan;
  node: string | undefined;
  nameOf: (node: string) => string;
  onSelect: (node: string | undefined) => void;
  onEnd: () => void;
};

/** The changes that are collected: what can be added at the chosen step, the list, what it would do, and the act. */
export function PlanPanel({ run, plan, node, nameOf, onSelect, onEnd }: PlanPanelProps) {
  const { t } = useTranslation(['repair', 'common']);
  const client = useQueryClient();
  const stand = useStand();
  const words = usePlanWords(nameOf);
  const { why } = useWords();
  const [reason, setReason] = useState('');
  const [asked] = useDebouncedValue(plan.items, 250);
  const preview = useQuery(planPreviewQuery(run.id, wishOf(asked), run.seq));
  const outcome = plan.items.length > 0 && asked.length > 0 ? preview.data : undefined;
  const settled = asked === plan.items && !preview.isFetching;
  const possible = outcome?.verdict === 'does' || outcome?.verdict === 'kept';
  const act = useMutation({
    mutationFn: () => repairRun(run.id, wishOf(plan.items, reason.trim())),
    onSuccess: ({ outcome: done }) => {
      client.invalidateQueries({ queryKey: ['run', run.id] });
      client.invalidateQueries({ queryKey: ['runs'] });
      notifyDone(t('done.one', { nodes: stand(done.after, nameOf) }));
      onEnd();
    },
    onError: notifyError,
  });
  return (
    <aside className={runs.panel} aria-label={t('plan.title')}>
      <Stack gap="md">
        {plan.form ? (
          <ChangeForm key={plan.form.key} run={run} plan={plan} form={plan.form} nameOf={nameOf} />
        ) : (
          <Offers run={run} plan={plan} node={node} nameOf={nameOf} onSelect={onSelect} />
        )}
        <section aria-label={t('plan.list')}>
          <Text component="h2" size="md" fw={600} mb={6}>
            {t('plan.list')}
          </Text>
          {plan.items.length === 0 && (
            <Text size="sm" c="dimmed">
              {t('plan.none')}
            </Text>
          )}
          <ol className={classes.list}>
            {plan.items.map((item, index) => {
              const name = words(item);
              const refused = settled && outcome?.step === index + 1;
              return (
                <li key={item.key} className={classes.item} data-refused={refused || undefined}>
                  <span className={classes.words}>{name}</span>
                  <Group gap={2} wrap="nowrap">
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size="sm"
                      disabled={index === 0}
                      aria-label={t('plan.earlier', { change: name })}
                      onClick={() => plan.move(item.key, -1)}
                    >
                      <ArrowUp size={14} aria-hidden />
                    </ActionIcon>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size="sm"
                      disabled={index === plan.items.length - 1}
                      aria-label={t('plan.later', { change: name })}
                      onClick={() => plan.move(item.key, 1)}
                    >
                      <ArrowDown size={14} aria-hidden />
                    </ActionIcon>
                    {written(item.wish) && (
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        size="sm"
                        aria-label={t('plan.edit', { change: name })}
                        onClick={() => plan.edit(item)}
                      >
                        <Pencil size={14} aria-hidden />
                      </ActionIcon>
                    )}
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size="sm"
                      aria-label={t('plan.remove', { change: name })}
                      onClick={() => plan.remove(item.key)}
                    >
                      <Trash2 size={14} aria-hidden />
                    </ActionIcon>
                  </Group>
                  {refused && outcome && (
                    <span className={classes.why} role="alert">
                      {why(outcome)}
                    </span>
                  )}
                </li>
              );
            })}
          </ol>
        </section>
        {outcome && <OutcomeView outcome={outcome} nameOf={nameOf} />}
        {plan.items.length > 0 && preview.error && (
          <Text size="sm" role="alert">
            {errorText(preview.error).title}
          </Text>
        )}
        <Textarea
          label={t('field.reason')}
          required
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button
          disabled={!possible || !settled || plan.form !== undefined || reason.trim() === ''}
          loading={act.isPending}
          onClick={() => act.mutate()}
        >
          {t('plan.apply', { count: plan.items.length })}
        </Button>
      </Stack>
    </aside>
  );
}

/** Changes that have a form, and so can be changed again. */
const written = ({ action }: Wish) => action === 'move' || action === 'place';

type OffersProps = Pick<PlanPanelProps, 'run' | 'plan' | 'node' | 'nameOf' | 'onSelect'>;

/** What can be done at the chosen step. */
function Offers({ run, plan, node, nameOf, onSelect }: OffersProps) {
  const { t } = useTranslation('repair');
  const outlook = useQuery(outlookQuery(run.id, run.seq));
  const steps = useMemo(() => stepChoices(nodesOf(run.process), nameOf), [run.process, nameOf]);
  const tokens = node ? (run.nodeStates[node]?.tokens ?? 0) : 0;
  const incident = run.openIncidents.find((one) => one.node === node);
  const scope = outlook.data?.scopes?.find((one) => one.node === node);
  const join = outlook.data?.movers.find((one) => one.kind === 'join' && one.node === node);
  const offer = (label: string, onClick: () => void) => (
    <Button key={label} size="compact-sm" variant="default" onClick={onClick}>
      {label}
    </Button>
  );
  const write = (wish: Wish) => plan.edit(plan.fresh(wish, wish.node));
  const add = (wish: Wish, at: string | undefined) => plan.put(plan.fresh(wish, at));
  const past = (id: string) => {
    if (incident && incident.code !== 'outcome_unknown' && exitChoices(run.process, id, nameOf).length < 2) {
      add({ action: 'skip', incident: incident.id }, id);
      return;
    }
    const wish: Wish = { action: 'move', node: id, to: id, place: 'after' };
    if (exitChoices(run.process, id, nameOf).length > 1) write(wish);
    else add(wish, id);
  };
  const begin = (id: string) => {
    if (flowsOf(run.process).filter(({ to }) => to === id).length > 1) write({ action: 'place', node: id });
    else add({ action: 'place', node: id }, id);
  };
  return (
    <section aria-label={t('plan.add')}>
      <Stack gap="xs">
        <Select
          label={t('plan.at')}
          placeholder={t('plan.choose')}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t('plan.choose') }}
          data={steps}
          value={node ?? null}
          onChange={(next) => onSelect(next ?? undefined)}
        />
        <Group gap="xs">
          {node && tokens > 0 && offer(t('action.move'), () => write({ action: 'move', node }))}
          {node && tokens > 0 && offer(t('plan.pass'), () => past(node))}
          {incident && offer(t('action.retry'), () => add({ action: 'retry', incident: incident.id }, node))}
          {scope &&
            offer(t('action.cancelScope'), () => add({ action: 'cancelScope', scope: scope.id }, node))}
          {join && offer(t('action.fire'), () => add({ action: 'fire', node, scope: join.scope }, node))}
          {node && offer(t('plan.begin'), () => begin(node))}
          {offer(t('action.setVariables'), () => write({ action: 'setVariables' }))}
        </Group>
      </Stack>
    </section>
  );
}

type ChangeFormProps = { run: Run; plan: Plan; form: Planned; nameOf: (node: string) => string };

/** The change that is being written. The target of a move can be chosen on the diagram, too. */
function ChangeForm({ run, plan, form, nameOf }: ChangeFormProps) {
  const { t } = useTranslation(['repair', 'common']);
  const [valid, setValid] = useState(true);
  const standing = Object.entries(run.nodeStates)
    .filter(([, state]) => state.tokens > 0)
    .map(([id]) => id);
  return (
    <form
      className={classes.form}
      aria-label={t(`action.${form.wish.action}`)}
      onSubmit={(event) => {
        event.preventDefault();
        if (valid && ready(form.wish)) plan.put(form);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) plan.edit(undefined);
      }}
    >
      <Text component="h2" size="md" fw={600}>
        {t(`action.${form.wish.action}`)}
      </Text>
      {form.wish.action === 'move' && !form.wish.to && (
        <Text size="sm" c="dimmed" role="status">
          {t('plan.chooseTarget')}
        </Text>
      )}
      <WishForm
        wish={form.wish}
        onChange={(wish) => plan.edit({ ...form, wish, at: wish.node ?? form.at })}
        process={run.process}
        definition={run.definitionKey}
        version={run.version}
        standing={standing}
        nameOf={nameOf}
        run={run}
        onValid={setValid}
      />
      <Group justify="flex-end" gap="sm">
        <Button size="compact-md" variant="default" onClick={() => plan.edit(undefined)}>
          {t('common:action.cancel')}
        </Button>
        <Button size="compact-md" type="submit" disabled={!valid || !ready(form.wish)}>
          {t('plan.put')}
        </Button>
      </Group>
    </form>
  );
}
