import { flowToEdit, indexOf, nodeToEdit } from '../document';
import type { KindTable } from '../kinds';
import { type Flow, OUT, type ProcessDocument, type ProcessNode, portOf } from '../types';
import { newFlowId } from './ids';
import { dropBends } from './place';

export type Refusal = 'noOutput' | 'noInput' | 'toItself' | 'alreadyConnected' | 'missing' | 'otherScope';

/** Why `from` may not be connected to `to`; undefined when it may. */
export function refusal(
  document: ProcessDocument,
  kinds: KindTable,
  from: string,
  to: string,
  port = OUT,
): Refusal | undefined {
  const { nodes, outgoing } = indexOf(document);
  const source = nodes.get(from);
  const target = nodes.get(to);
  if (!source || !target) return 'missing';
  if (kinds.outputs(source).length === 0) return 'noOutput';
  if (!kinds.hasInput(target)) return 'noInput';
  if (from === to || source.attachedTo === to) return 'toItself';
  if (source.parent !== target.parent) return 'otherScope';
  const twin = (outgoing.get(from) ?? []).some((flow) => flow.to === to && portOf(flow) === port);
  return twin ? 'alreadyConnected' : undefined;
}

export function connect(document: ProcessDocument, from: string, to: string, port = OUT): string {
  const flow: Flow = { id: newFlowId(document), from, to };
  if (port !== OUT) flow.port = port;
  document.flows.push(flow);
  return flow.id;
}

export interface FlowEnds {
  readonly from?: string;
  readonly to?: string;
  readonly port?: string;
}

export function reconnect(document: ProcessDocument, flowId: string, ends: FlowEnds): void {
  const flow = flowToEdit(document, flowId);
  if (!flow) return;
  if (ends.from !== undefined && ends.from !== flow.from) {
    forgetDefault(document, flow);
    flow.from = ends.from;
  }
  if (ends.to !== undefined) flow.to = ends.to;
  if (ends.port === OUT) delete flow.port;
  else if (ends.port !== undefined) flow.port = ends.port;
  dropBends(document, [flowId]);
}

function forgetDefault(document: ProcessDocument, flow: Flow): void {
  const source = nodeToEdit(document, flow.from);
  if (source?.default === flow.id) delete source.default;
}

/** A free output port of the node: the first that no flow leaves, else its first. */
export function freePort(document: ProcessDocument, kinds: KindTable, node: ProcessNode): string {
  const ports = kinds.outputs(node);
  const used = new Set((indexOf(document).outgoing.get(node.id) ?? []).map(portOf));
  return ports.find((port) => !used.has(port)) ?? ports[0] ?? OUT;
}

/** Makes `flowId` the default of its source, or takes that away. */
export function setDefault(document: ProcessDocument, flowId: string, isDefault: boolean): void {
  const flow = flowToEdit(document, flowId);
  const source = nodeToEdit(document, flow?.from);
  if (!flow || !source) return;
  if (!isDefault) {
    if (source.default === flowId) delete source.default;
    return;
  }
  source.default = flowId;
  delete flow.when;
}

export function setCondition(document: ProcessDocument, flowId: string, condition: string): void {
  const flow = flowToEdit(document, flowId);
  if (!flow) return;
  if (condition.trim() === '') delete flow.when;
  else {
    flow.when = condition;
    forgetDefault(document, flow);
  }
}
