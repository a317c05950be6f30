import { useTranslation } from 'react-i18next';
import type { ProcessDocument, ProcessNode } from '@/lib/process/types';
import type { RunRecord } from './queries';

const kinds = [
  'runStarted',
  'nodeEntered',
  'nodeLeft',
  'nodeCanceled',
  'tokenParked',
  'tokenConsumed',
  'taskOpened',
  'taskCompleted',
  'timerScheduled',
  'timerFired',
  'messageAwaited',
  'messageArrived',
  'effectStarted',
  'effectCompleted',
  'effectLate',
  'variablesChanged',
  'conditionChosen',
  'incidentRaised',
  'incidentResolved',
  'eventIgnored',
  'scopeCanceled',
  'runCompleted',
  'runCanceled',
  'runFailed',
] as const;

type Kind = (typeof kinds)[number];
const known = (kind: string): kind is Kind => kinds.includes(kind as Kind);

type NodesById = Map<string, ProcessNode>;

function nodesOf(nodes: readonly ProcessNode[], into: NodesById = new Map()): NodesById {
  for (const node of nodes) {
    into.set(node.id, node);
    if (node.nodes) nodesOf(node.nodes, into);
  }
  return into;
}

/** The author's label of an outcome; ports of other nodes are called by their names. */
function outcomeLabel(node: ProcessNode | undefined, name: string): string {
  const outcomes = node?.config?.outcomes;
  if (!Array.isArray(outcomes)) return name;
  const outcome = outcomes.find((candidate) => candidate?.name === name);
  return outcome?.label || outcome?.title || name;
}

/** One line of a run's history in the reader's words. */
export function useRecordText(process: ProcessDocument): {
  nameOf: (node: string) => string;
  textOf: (record: RunRecord) => string;
} {
  const { t } = useTranslation('runs');
  const nodes = nodesOf(process.nodes);
  const nameOf = (id: string) => nodes.get(id)?.name || id;
  const node = (id: string | undefined) => (id === undefined ? undefined : nodes.get(id));
  const textOf = (record: RunRecord): string => {
    if (!known(record.kind)) return record.text ?? record.kind;
    const body = record.body ?? {};
    const word = (key: string) => (typeof body[key] === 'string' ? body[key] : '');
    // A record of the run as a whole names no node.
    const line = t(`record.${record.kind}`, { node: record.node ? nameOf(record.node) : '' }).replace(
      /^: /,
      '',
    );
    const outcome = outcomeLabel(node(record.node), word('outcome') || word('port'));
    const failure = body.failure as { message?: string } | undefined;
    const extra =
      outcome ||
      failure?.message ||
      word('message') ||
      word('reason') ||
      (record.kind === 'conditionChosen' ? word('expression') : '');
    return [extra ? `${line}: ${extra}` : line, record.actorName].filter(Boolean).join(' · ');
  };
  return { nameOf, textOf };
}
