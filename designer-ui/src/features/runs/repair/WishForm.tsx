import { Checkbox, SegmentedControl, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import type { ProcessDocument } from '@/lib/process/types';
import type { Run } from '../queries';
import { AssignForm } from './AssignForm';
import { type Outlook, outlookQuery, type Wish } from './api';
import { type Choice, distinct, exitChoices, flowsOf, nodesOf, stepChoices } from './choices';
import { MigrateForm } from './MigrateForm';
import { VariablesForm } from './VariablesForm';

type WishFormProps = {
  wish: Wish;
  onChange: (wish: Wish) => void;
  process: ProcessDocument;
  definition: string;
  version: number;
  /** Nodes with a token. */
  standing: string[];
  nameOf: (node: string) => string;
  /** The one that is repaired; absent in bulk. */
  run?: Run;
  onValid: (valid: boolean) => void;
};

/** What is asked for is complete enough to be looked at. */
export function ready(wish: Wish): boolean {
  switch (wish.action) {
    case 'move':
      return Boolean((wish.node || wish.token) && wish.to);
    case 'setVariables':
      return Object.keys(wish.variables ?? {}).length > 0;
    case 'migrate':
      return wish.version !== undefined;
    case 'cancelScope':
      return Boolean(wish.scope);
    case 'fire':
    case 'place':
      return Boolean(wish.node);
    case 'dropEvent':
      return Boolean(wish.event);
    case 'assign':
      return Boolean(wish.person);
    default:
      return true;
  }
}

/** The fields that an action needs, besides the reason. */
export function WishForm(props: WishFormProps) {
  const { wish } = props;
  switch (wish.action) {
    case 'move':
      return <MoveForm {...props} />;
    case 'place':
      return <PlaceForm {...props} />;
    case 'setVariables':
      return <VariablesForm {...props} values={props.run?.variables} />;
    case 'migrate':
      return <MigrateForm {...props} />;
    case 'retry':
    case 'resend':
      return <RetryForm {...props} />;
    case 'skip':
    case 'drop':
      return <SkipForm {...props} />;
    case 'cancelScope':
    case 'fire':
    case 'dropEvent':
      return <OpenForm {...props} />;
    case 'assign':
      return <AssignForm {...props} />;
    default:
      return null;
  }
}

const UNKNOWN = 'outcome_unknown';

/** Which incident is meant: told when it is the only one, asked for when there are several. */
function IncidentChoice({ wish, onChange, run, nameOf }: WishFormProps) {
  const { t } = useTranslation('repair');
  const unknown = wish.action === 'resend' || wish.action === 'drop';
  const open = (run?.openIncidents ?? []).filter(({ code }) => !unknown || code === UNKNOWN);
  const only = open.length === 1 ? open[0]?.id : undefined;
  useEffect(() => {
    if (!wish.incident && only) onChange({ ...wish, incident: only });
  }, [only, wish, onChange]);
  if (!run) return null;
  const chosen = open.find(({ id }) => id === wish.incident);
  return (
    <>
      {open.length > 1 && (
        <Select
          label={t('field.incident')}
          data={distinct(open.map(({ id, node }) => ({ value: id, label: nameOf(node) })))}
          value={wish.incident ?? null}
          onChange={(incident) => onChange({ ...wish, incident: incident ?? undefined, port: undefined })}
          allowDeselect={false}
        />
      )}
      {chosen && (
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          <strong>{nameOf(chosen.node)}</strong>: {chosen.message}
        </Text>
      )}
    </>
  );
}

function RetryForm(props: WishFormProps) {
  const { t } = useTranslation('repair');
  const { wish, onChange, run, onValid } = props;
  const [change, setChange] = useState(wish.variables !== undefined);
  return (
    <>
      <IncidentChoice {...props} />
      <Checkbox
        label={t('variables.first')}
        checked={change}
        onChange={(event) => {
          setChange(event.currentTarget.checked);
          onValid(true);
          onChange({ ...wish, variables: undefined });
        }}
      />
      {change && (
        <>
          {!run && (
            <Text size="sm" c="dimmed">
              {t('variables.bulk')}
            </Text>
          )}
          <VariablesForm {...props} values={run?.variables} />
        </>
      )}
    </>
  );
}

/** The way out of a node by hand. Shown where there is more than one. */
function ExitChoice({
  wish,
  onChange,
  choices,
}: {
  wish: Wish;
  onChange: (wish: Wish) => void;
  choices: Choice[];
}) {
  const { t } = useTranslation('repair');
  if (choices.length < 2) return null;
  return (
    <Select
      label={t('field.port')}
      placeholder={t('field.usual')}
      clearable
      clearButtonProps={{ 'aria-label': t('field.usual') }}
      data={choices}
      value={wish.port ?? null}
      onChange={(port) => onChange({ ...wish, port: port ?? undefined })}
    />
  );
}

function SkipForm(props: WishFormProps) {
  const { wish, onChange, process, run, nameOf } = props;
  const at = run?.openIncidents.find(({ id }) => id === wish.incident)?.node;
  return (
    <>
      <IncidentChoice {...props} />
      {at && <ExitChoice wish={wish} onChange={onChange} choices={exitChoices(process, at, nameOf)} />}
    </>
  );
}

function MoveForm({ wish, onChange, process, standing, nameOf }: WishFormProps) {
  const { t } = useTranslation('repair');
  const all = nodesOf(process);
  const within = all.find(({ node }) => node.id === wish.node)?.within;
  const targets = all.filter((entry) => within === undefined || entry.within === within);
  const into = flowsOf(process).filter((flow) => flow.to === wish.to);
  return (
    <>
      <Select
        label={t('field.from')}
        data={stepChoices(
          all.filter(({ node }) => standing.includes(node.id)),
          nameOf,
        )}
        value={wish.node ?? null}
        onChange={(node) => onChange({ ...wish, node: node ?? undefined, token: undefined })}
        allowDeselect={false}
      />
      <Select
        label={t('field.to')}
        searchable
        data={stepChoices(targets, nameOf)}
        value={wish.to ?? null}
        onChange={(to) => onChange({ ...wish, to: to ?? undefined, flow: undefined, port: undefined })}
      />
      <SegmentedControl
        aria-label={t('field.place')}
        value={wish.place ?? 'before'}
        onChange={(place) =>
          onChange({ ...wish, place: place as 'before' | 'after', flow: undefined, port: undefined })
        }
        data={[
          { value: 'before', label: t('field.before') },
          { value: 'after', label: t('field.after') },
        ]}
      />
      {wish.place !== 'after' && into.length > 1 && (
        <Select
          label={t('field.flow')}
          clearable
          clearButtonProps={{ 'aria-label': t('field.usual') }}
          data={distinct(into.map((flow) => ({ value: flow.id, label: nameOf(flow.from) })))}
          value={wish.flow ?? null}
          onChange={(flow) => onChange({ ...wish, flow: flow ?? undefined })}
        />
      )}
      {wish.place === 'after' && wish.to && (
        <ExitChoice wish={wish} onChange={onChange} choices={exitChoices(process, wish.to, nameOf)} />
      )}
    </>
  );
}

/** Where a new path begins, and by which flow it arrives at a join. */
function PlaceForm({ wish, onChange, process, nameOf }: WishFormProps) {
  const { t } = useTranslation('repair');
  const into = flowsOf(process).filter((flow) => flow.to === wish.node);
  return (
    <>
      <Select
        label={t('field.to')}
        searchable
        data={stepChoices(nodesOf(process), nameOf)}
        value={wish.node ?? null}
        onChange={(node) => onChange({ ...wish, node: node ?? undefined, flow: undefined })}
      />
      {into.length > 1 && (
        <Select
          label={t('field.flow')}
          clearable
          clearButtonProps={{ 'aria-label': t('field.usual') }}
          data={distinct(into.map((flow) => ({ value: flow.id, label: nameOf(flow.from) })))}
          value={wish.flow ?? null}
          onChange={(flow) => onChange({ ...wish, flow: flow ?? undefined })}
        />
      )}
    </>
  );
}

/** What is open in this run and can be ended, let go or dropped by itself. */
function OpenForm({ wish, onChange, run, nameOf }: WishFormProps) {
  const { t } = useTranslation('repair');
  const outlook = useQuery({ ...outlookQuery(run?.id ?? '', run?.seq ?? 0), enabled: run !== undefined });
  const event = useEventWords();
  const { data, field, put } = ((): {
    data: Choice[];
    field: 'scope' | 'join' | 'event';
    put: (value: string) => Partial<Wish>;
  } => {
    const known: Partial<Outlook> = outlook.data ?? {};
    switch (wish.action) {
      case 'cancelScope':
        return {
          field: 'scope',
          data: (known.scopes ?? []).map(({ id, node }) => ({ value: id, label: nameOf(node) })),
          put: (scope) => ({ scope }),
        };
      case 'fire': {
        const joins = (known.movers ?? []).filter(({ kind }) => kind === 'join');
        return {
          field: 'join',
          data: joins.map(({ node = '', scope = '' }) => ({
            value: `${scope}/${node}`,
            label: nameOf(node),
          })),
          put: (value) => {
            const join = joins.find(({ node = '', scope = '' }) => `${scope}/${node}` === value);
            return { node: join?.node, scope: join?.scope };
          },
        };
      }
      default:
        return {
          field: 'event',
          data: (known.keptEvents ?? []).map((kept) => ({ value: kept.id, label: event(kept) })),
          put: (id) => ({ event: id }),
        };
    }
  })();
  const value =
    wish.action === 'cancelScope'
      ? wish.scope
      : wish.action === 'fire'
        ? wish.node && `${wish.scope ?? ''}/${wish.node}`
        : wish.event;
  const only = data.length === 1 ? data[0]?.value : undefined;
  useEffect(() => {
    if (!value && only) onChange({ ...wish, ...put(only) });
  });
  return (
    <>
      <Text size="sm">{t(`open.${field}Text`)}</Text>
      <Select
        label={t(`open.${field}`)}
        data={distinct(data)}
        value={value ?? null}
        onChange={(next) => next && onChange({ ...wish, ...put(next) })}
        allowDeselect={false}
      />
      {wish.action === 'cancelScope' && (
        <Checkbox
          label={t('open.end')}
          checked={wish.end ?? false}
          onChange={(change) => onChange({ ...wish, end: change.currentTarget.checked || undefined })}
        />
      )}
    </>
  );
}

const kinds = [
  'taskCompleted',
  'timerFired',
  'messageArrived',
  'signalArrived',
  'effectCompleted',
  'waitFailed',
  'childCompleted',
  'retryRequested',
  'skipRequested',
  'moveRequested',
  'variablesChanged',
] as const;

/** A kept event in words: what it is, at which step, by whom and when. */
function useEventWords() {
  const { t } = useTranslation('repair');
  return ({ kind, nodeName, by, at }: NonNullable<Outlook['keptEvents']>[number]) => {
    const known = kinds.find((name) => name === kind);
    return [known ? t(`event.${known}`) : kind, nodeName, by, formatDateTime(at)].filter(Boolean).join(' · ');
  };
}
