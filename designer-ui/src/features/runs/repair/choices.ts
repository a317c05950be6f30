import type { Flow, ProcessDocument, ProcessNode } from '@/lib/process/types';

export type Choice = { value: string; label: string };
export type ChoiceGroup = { group: string; items: Choice[] };

/** Every node with the container it stands in: a token stays in its own. */
export function nodesOf(process: ProcessDocument): { node: ProcessNode; within: string }[] {
  const found: { node: ProcessNode; within: string }[] = [];
  const walk = (nodes: readonly ProcessNode[], within: string) => {
    for (const node of nodes) {
      found.push({ node, within });
      if (node.nodes) walk(node.nodes, node.id);
    }
  };
  walk(process.nodes, '');
  return found;
}

/** Every flow, those inside sub-processes too. */
export function flowsOf(process: ProcessDocument): Flow[] {
  return [...process.flows, ...nodesOf(process).flatMap(({ node }) => node.flows ?? [])];
}

/** Choices of which no two read the same: where names meet, the id follows. */
export function distinct(choices: readonly Choice[]): Choice[] {
  const count = new Map<string, number>();
  for (const { label } of choices) count.set(label, (count.get(label) ?? 0) + 1);
  return choices.map(({ value, label }) => ({
    value,
    label: (count.get(label) ?? 0) > 1 ? `${label} (${value})` : label,
  }));
}

/** Steps as choices: those of the process itself first, then a group per sub-process. */
export function stepChoices(
  entries: readonly { node: ProcessNode; within: string }[],
  nameOf: (node: string) => string,
): (Choice | ChoiceGroup)[] {
  const labelled = distinct(entries.map(({ node }) => ({ value: node.id, label: nameOf(node.id) })));
  const groups = new Map<string, Choice[]>();
  entries.forEach(({ within }, index) => {
    const choice = labelled[index];
    if (choice) groups.set(within, [...(groups.get(within) ?? []), choice]);
  });
  const own = groups.get('') ?? [];
  groups.delete('');
  return [...own, ...[...groups].map(([within, items]) => ({ group: nameOf(within), items }))];
}

const outcomeLabel = (node: ProcessNode | undefined, port: string): string => {
  const outcomes = node?.config?.outcomes;
  if (!Array.isArray(outcomes)) return port;
  const found = outcomes.find((outcome) => outcome?.name === port);
  return found?.label || found?.title || port;
};

/** The ways out of a node: one per outcome, and one per flow where a gateway has several without a name of their own. */
export function exitChoices(
  process: ProcessDocument,
  id: string,
  nameOf: (node: string) => string,
): Choice[] {
  const node = nodesOf(process).find((entry) => entry.node.id === id)?.node;
  const out = flowsOf(process).filter((flow) => flow.from === id);
  const ports = new Map<string, Flow[]>();
  for (const flow of out) ports.set(flow.port ?? '', [...(ports.get(flow.port ?? '') ?? []), flow]);
  const choices: Choice[] = [];
  for (const [port, flows] of ports) {
    if (port !== '') {
      const targets = flows.map((flow) => nameOf(flow.to)).join(', ');
      choices.push({ value: port, label: `${outcomeLabel(node, port)} → ${targets}` });
      continue;
    }
    for (const flow of flows) {
      choices.push({
        value: flow.id,
        label: flow.name ? `${flow.name} → ${nameOf(flow.to)}` : nameOf(flow.to),
      });
    }
  }
  return distinct(choices);
}
