import { incomingOf, indexOf, outcomesOf, outgoingOf, reachable } from './document';
import { connect, deleteElements, freeSpot, setDefault, setField } from './edits';
import type { ConfigSchema, KindTable } from './kinds';
import { conditionOf, type Flow, isExpr, OUT, type ProcessDocument, type ProcessNode, portOf } from './types';

export type Severity = 'error' | 'warning';

export interface QuickFix {
  /** Message key below `fix.`. */
  readonly key: FixKey;
  readonly apply: (document: ProcessDocument, kinds: KindTable) => void;
}

export type FixKey =
  | 'removeFlow'
  | 'removeNode'
  | 'addEnd'
  | 'addStart'
  | 'makeDefault'
  | 'clearDefault'
  | 'connectToEnd';

/** Something to be put right. Codes of the server come with a translated `message`, ours with values for our own text. */
export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly node?: string;
  readonly flow?: string;
  /** Path of the field in the element, such as `config.assignee`. */
  readonly field?: string;
  readonly values?: Readonly<Record<string, string | number>>;
  readonly message?: string;
  readonly remedy?: string;
  /** What the server says beside its message, such as the way that leads to the fault. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly fix?: QuickFix;
}

export const CODES = [
  'boundary_without_host',
  'boundary_without_flow',
  'bad_default',
  'dangling_flow',
  'dead_end',
  'duplicate_id',
  'duplicate_name',
  'flow_out_of_end',
  'unknown_port',
  'flow_without_condition',
  'gateway_without_default',
  'no_end',
  'no_outcomes',
  'no_start',
  'one_way_out',
  'outcome_without_flow',
  'config_required',
  'flow_into_start',
  'missing_trigger',
  'missing_start',
  'unknown_kind',
  'unknown_robot',
  'unknown_step',
  'unreachable_node',
] as const;
export type Code = (typeof CODES)[number];

const PAUSES = new Set(['catchEvent', 'boundaryEvent', 'receiveTask']);

/** Ids of the flows that lead to a fault, in order; those that the draft no longer has are left out. */
export function wayOf(document: ProcessDocument, finding: Finding): string[] {
  const listed = finding.data?.flows;
  if (!Array.isArray(listed)) return [];
  const { flows } = indexOf(document);
  return listed.filter((id): id is string => typeof id === 'string' && flows.has(id));
}

/** A scenario whose rehearsal shows the fault, as the server found it; undefined for findings of other kinds. */
export function counterexampleOf(finding: Finding): Readonly<Record<string, unknown>> | undefined {
  const scenario = finding.data?.scenario;
  return typeof scenario === 'object' && scenario !== null
    ? (scenario as Record<string, unknown>)
    : undefined;
}

/** A finding as the server sends it: `field` is a JSON pointer into the element. */
export interface ServerFinding {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly node?: string;
  readonly flow?: string;
  readonly field?: string;
  readonly remedy?: string;
  /** Parts of the message, for the texts of other languages. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Ours first, since they offer fixes; then what only the server can know, such as the types in expressions. */
export function mergeFindings(own: readonly Finding[], server: readonly ServerFinding[]): Finding[] {
  // What the server calls a missing field of a start has words of its own here.
  const codeOf = ({ code, field }: Finding): string =>
    code === 'missing_start' || (code === 'missing_field' && field?.startsWith('trigger.'))
      ? 'missing_start'
      : code;
  const element = ({ node, flow }: Finding): string => `${node ?? ''} ${flow ?? ''}`;
  // An empty field is one of several of its step; of what needs one of several fields only one is named.
  const place = (finding: Finding): string =>
    codeOf(finding) === 'config_required' && !finding.values?.text
      ? `${codeOf(finding)} ${element(finding)} ${finding.field ?? ''}`
      : `${codeOf(finding)} ${element(finding)}`;
  const known = new Set(own.map(place));
  // To those who compile it a step that does not exist is an unknown name: the same mistake, said a second time.
  const unknown = new Set(
    own.filter(({ code }) => code === 'unknown_step').map((found) => `${element(found)} ${found.field}`),
  );
  const seen = new Set<string>();
  const rest = server
    .map(
      (finding): Finding => ({
        ...finding,
        field: finding.field
          ?.replace(/^\//, '')
          .replaceAll('/', '.')
          .replace(/\.expr$/, ''),
      }),
    )
    .filter((finding) => {
      const whole = `${finding.code} ${element(finding)}`;
      const said = `${whole} ${finding.field ?? ''} ${finding.message ?? ''}`;
      if (known.has(place(finding)) || known.has(whole) || seen.has(said)) return false;
      // What nothing leads to would begin by itself: that it hangs on nothing is said already.
      if (finding.code === 'implicit_start' && known.has(`unreachable_node ${element(finding)}`))
        return false;
      seen.add(said);
      return finding.code !== 'bad_expression' || !unknown.has(`${element(finding)} ${finding.field ?? ''}`);
    });
  return [...own, ...rest];
}

/** What says that a field is empty. */
const EMPTY = new Set([
  'config_min_items',
  'config_required',
  'empty_expression',
  'missing_field',
  'missing_start',
  'missing_trigger',
]);

/** Whether it says that a field is empty which has been filled since: the next judgement will not repeat it. */
export function isFilled(document: ProcessDocument, { code, node, flow, field }: Finding): boolean {
  if (!EMPTY.has(code) || field === undefined) return false;
  const { nodes, flows } = indexOf(document);
  let value: unknown = node === undefined ? flows.get(flow ?? '') : nodes.get(node);
  for (const name of field.split('.')) value = (value as Record<string, unknown> | undefined)?.[name];
  return value !== undefined && !isBlank(value);
}

/** Empty, or an object or a list in which nothing is filled. */
function isBlank(value: unknown): boolean {
  if (isEmpty(value)) return true;
  return typeof value === 'object' && value !== null && Object.values(value).every(isBlank);
}

/** Whether it is a mistake in an expression, which is judged letter by letter where it is written. */
export function isWritten({ code, field }: Finding): boolean {
  return (code === 'bad_expression' || code === 'unknown_step') && field !== undefined;
}

/** All findings of a draft, in document order. Fast enough to run on every change: one pass, no compilation. */
export function validate(document: ProcessDocument, kinds: KindTable): Finding[] {
  const findings: Finding[] = [];
  const add = (code: Code, severity: Severity, rest: Omit<Finding, 'code' | 'severity'> = {}): void => {
    findings.push({ code, severity, ...rest });
  };
  checkEnds(document, add);
  checkIds(document, add);
  for (const node of document.nodes) checkNode(document, kinds, node, add);
  for (const flow of document.flows) checkFlow(document, kinds, flow, add);
  checkReach(document, add);
  return findings;
}

type Add = (code: Code, severity: Severity, rest?: Omit<Finding, 'code' | 'severity'>) => void;

function checkEnds(document: ProcessDocument, add: Add): void {
  // What a sub-process needs is checked by the server, in its words.
  const outer = document.nodes.filter((node) => node.parent === undefined);
  if (!outer.some((node) => node.kind === 'startEvent')) {
    add('no_start', 'error', {
      fix: {
        key: 'addStart',
        apply: (draft, kinds) => {
          const first = draft.nodes.find(
            (node) =>
              node.parent === undefined && kinds.hasInput(node) && incomingOf(draft, node.id).length === 0,
          );
          draft.nodes.push({ id: freshId(draft, 'start'), kind: 'startEvent' });
          const start = draft.nodes.at(-1) as ProcessNode;
          const at = first ? draft.layout?.[first.id]?.at : undefined;
          draft.layout ??= {};
          draft.layout[start.id] = { at: at ? [at[0] - 320, at[1]] : [0, 0] };
          if (first) connect(draft, start.id, first.id);
        },
      },
    });
  }
  if (!outer.some((node) => node.kind === 'endEvent')) {
    add('no_end', 'warning', { fix: { key: 'addEnd', apply: (draft, kinds) => addEnd(draft, kinds) } });
  }
}

function freshId(document: ProcessDocument, base: string): string {
  const taken = new Set([...document.nodes, ...document.flows].map((element) => element.id));
  let id = base;
  for (let n = 2; taken.has(id); n++) id = `${base}${n}`;
  return id;
}

/** An end behind `from`, or behind every node whose token would end in silence. */
function addEnd(document: ProcessDocument, kinds: KindTable, from?: string, port = OUT): void {
  const loose = from
    ? document.nodes.filter((node) => node.id === from)
    : document.nodes.filter(
        (node) =>
          node.parent === undefined &&
          outgoingOf(document, node.id).length === 0 &&
          kinds.outputs(node).length > 0,
      );
  const id = freshId(document, 'end');
  const right = loose.map((node) => document.layout?.[node.id]?.at).filter((at) => at !== undefined);
  const scope = from ? loose[0]?.parent : undefined;
  const x = right.length > 0 ? Math.max(...right.map((at) => at[0])) + 300 : 320;
  const at = freeSpot(document, kinds, [x, right[0]?.[1] ?? 0], scope);
  document.nodes.push({ id, kind: 'endEvent', ...(scope === undefined ? {} : { parent: scope }) });
  document.layout ??= {};
  document.layout[id] = { at };
  for (const node of loose) connect(document, node.id, id, from ? port : (kinds.outputs(node)[0] ?? OUT));
}

function checkIds(document: ProcessDocument, add: Add): void {
  const seen = new Set<string>();
  for (const element of [...document.nodes, ...document.flows]) {
    if (seen.has(element.id)) add('duplicate_id', 'error', { node: element.id, values: { id: element.id } });
    seen.add(element.id);
  }
}

function checkNode(document: ProcessDocument, kinds: KindTable, node: ProcessNode, add: Add): void {
  const on = { node: node.id };
  const outgoing = outgoingOf(document, node.id);
  if (kinds.missing(node)) add('unknown_kind', 'error', { ...on, values: { kind: node.kind } });
  else if (node.kind === 'robot' && !kinds.get(`robot:${node.robot ?? ''}`)) {
    add('unknown_robot', 'error', { ...on, values: { robot: node.robot ?? '' } });
  }
  if (node.kind === 'startEvent' && incomingOf(document, node.id).length > 0)
    add('flow_into_start', 'error', on);
  if (PAUSES.has(node.kind) && (!node.trigger || Object.keys(node.trigger).length === 0)) {
    add('missing_trigger', 'error', { ...on, field: 'trigger' });
  }
  if (node.kind === 'startEvent' && node.parent === undefined) checkStart(node, add);
  if (node.kind === 'boundaryEvent') checkBoundary(document, node, outgoing, add);
  else if (outgoing.length === 0 && kinds.outputs(node).length > 0 && outcomesOf(node).length === 0) {
    // Steps without order end by themselves.
    const free = indexOf(document).nodes.get(node.parent ?? '')?.adHoc !== undefined;
    const incoming = free ? 0 : incomingOf(document, node.id).length;
    if (node.kind !== 'startEvent' || document.nodes.length > 1) {
      if (incoming > 0 || node.kind === 'startEvent') {
        add('dead_end', 'warning', {
          ...on,
          fix: {
            key: 'connectToEnd',
            apply: (draft, table) => addEnd(draft, table, node.id, table.outputs(node)[0]),
          },
        });
      }
    }
  }
  if (node.kind === 'exclusiveGateway' || node.kind === 'inclusiveGateway')
    checkGateway(document, node, outgoing, add);
  checkOutcomes(node, outgoing, add);
  if (node.default !== undefined && !outgoing.some((flow) => flow.id === node.default)) {
    add('bad_default', 'error', {
      ...on,
      field: 'default',
      fix: { key: 'clearDefault', apply: (draft) => setField(draft, node.id, 'default', undefined) },
    });
  }
  const schema = kinds.of(node)?.schema;
  if (schema && !node.disabled) checkRequired(node, schema, node.config ?? {}, 'config', add);
  checkReferences(document, node.config, 'config', { node: node.id }, add);
}

/** What a start needs beside the choice of what it waits for. */
function checkStart(node: ProcessNode, add: Add): void {
  const { on, stage, cron } = (node.trigger ?? {}) as { on?: string; stage?: string; cron?: string };
  if (on === 'stageEntered' && !stage) {
    add('missing_start', 'error', {
      node: node.id,
      field: 'trigger.stage',
      values: { text: 'missing_stage' },
    });
  } else if (on === 'schedule' && !cron) {
    add('missing_start', 'error', { node: node.id, field: 'trigger.cron', values: { text: 'missing_cron' } });
  }
}

function checkBoundary(
  document: ProcessDocument,
  node: ProcessNode,
  outgoing: readonly Flow[],
  add: Add,
): void {
  const host = node.attachedTo ? indexOf(document).nodes.get(node.attachedTo) : undefined;
  if (!host) {
    add('boundary_without_host', 'error', {
      node: node.id,
      field: 'attachedTo',
      fix: { key: 'removeNode', apply: (draft) => deleteElements(draft, [node.id], { heal: false }) },
    });
  } else if (outgoing.length === 0 && node.trigger?.compensation !== true) {
    add('boundary_without_flow', 'warning', { node: node.id });
  }
}

function checkGateway(
  document: ProcessDocument,
  node: ProcessNode,
  outgoing: readonly Flow[],
  add: Add,
): void {
  const [only, another] = outgoing;
  if (!only) return;
  // Where several ways come together, one way out is as it should be.
  if (!another && conditionOf(only) === '' && incomingOf(document, node.id).length < 2) {
    add('one_way_out', 'warning', {
      node: node.id,
      fix: { key: 'removeNode', apply: (draft) => deleteElements(draft, [node.id], { heal: true }) },
    });
  }
  const open = outgoing.filter((flow) => conditionOf(flow) === '' && flow.id !== node.default);
  // A single way out needs no condition.
  for (const flow of outgoing.length > 1 ? open : []) {
    add('flow_without_condition', 'warning', {
      flow: flow.id,
      field: 'when',
      ...(node.default === undefined && open.length === 1
        ? { fix: { key: 'makeDefault', apply: (draft: ProcessDocument) => setDefault(draft, flow.id, true) } }
        : {}),
    });
  }
  const hasDefault = outgoing.some((flow) => flow.id === node.default);
  if (!hasDefault && open.length === 0) {
    const last = outgoing.at(-1) as Flow;
    add('gateway_without_default', 'warning', {
      node: node.id,
      fix: { key: 'makeDefault', apply: (draft) => setDefault(draft, last.id, true) },
    });
  }
}

function checkOutcomes(node: ProcessNode, outgoing: readonly Flow[], add: Add): void {
  const outcomes = outcomesOf(node);
  if (node.kind === 'approval' && outcomes.length === 0) {
    add('no_outcomes', 'error', { node: node.id, field: 'config.outcomes' });
  }
  const { refusal } = (node.config ?? {}) as { refusal?: unknown };
  const refusable = node.kind === 'requestInformation' && (refusal === 'any' || refusal === 'all');
  const seen = new Set<string>();
  for (const { name, label } of refusable ? [{ name: 'refused', label: undefined }] : outcomes) {
    if (seen.has(name)) {
      add('duplicate_name', 'error', {
        node: node.id,
        field: 'config.outcomes',
        values: { outcome: name },
      });
      continue;
    }
    seen.add(name);
    if (outgoing.some((flow) => portOf(flow) === name)) continue;
    add('outcome_without_flow', 'error', {
      node: node.id,
      // People know it by its label; a refusal has none of its own.
      values: { outcome: label || name, ...(refusable ? { text: 'refusal_without_flow' } : {}) },
      fix: { key: 'connectToEnd', apply: (draft, kinds) => addEnd(draft, kinds, node.id, name) },
    });
  }
}

function checkFlow(document: ProcessDocument, kinds: KindTable, flow: Flow, add: Add): void {
  const { nodes } = indexOf(document);
  const source = nodes.get(flow.from);
  const removal = {
    key: 'removeFlow' as const,
    apply: (draft: ProcessDocument) => deleteElements(draft, [flow.id], { heal: false }),
  };
  if (!source || !nodes.has(flow.to)) {
    const missing = source ? flow.to : flow.from;
    add('dangling_flow', 'error', { flow: flow.id, values: { id: missing }, fix: removal });
    return;
  }
  if (nodes.get(flow.to)?.kind === 'startEvent')
    add('flow_into_start', 'error', { flow: flow.id, fix: removal });
  if (source.kind === 'endEvent') add('flow_out_of_end', 'error', { flow: flow.id, fix: removal });
  const ports = kinds.outputs(source);
  if (ports.length > 0 && !ports.includes(portOf(flow)) && !kinds.missing(source)) {
    add('unknown_port', 'error', { flow: flow.id, values: { port: portOf(flow) }, fix: removal });
  }
  checkReferences(document, conditionOf(flow), 'when', { flow: flow.id }, add, true);
}

function checkReach(document: ProcessDocument, add: Add): void {
  const starts = document.nodes.filter((node) => node.kind === 'startEvent').map((node) => node.id);
  if (starts.length === 0) return;
  const { nodes, incoming } = indexOf(document);
  const handlers = new Set(document.nodes.map((node) => node.handler));
  // What an event starts, what undoes another step and steps without order are begun without a flow.
  const begun = document.nodes.filter(
    (node) =>
      node.event === true ||
      (nodes.get(node.parent ?? '')?.adHoc !== undefined && !incoming.has(node.id)) ||
      handlers.has(node.id),
  );
  const seen = reachable(document, [...starts, ...begun.map((node) => node.id)]);
  for (const node of document.nodes) {
    if (seen.has(node.id) || node.kind === 'boundaryEvent') continue;
    add('unreachable_node', 'warning', {
      node: node.id,
      fix: { key: 'removeNode', apply: (draft) => deleteElements(draft, [node.id], { heal: true }) },
    });
  }
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (typeof value === 'string' && value.trim() === '') ||
    (Array.isArray(value) && value.length === 0) ||
    (isExpr(value) && value.expr.trim() === '')
  );
}

function checkRequired(
  node: ProcessNode,
  schema: ConfigSchema,
  value: Record<string, unknown>,
  path: string,
  add: Add,
): void {
  for (const field of schema.required ?? []) {
    if (!isEmpty(value[field])) continue;
    // An approval without outcomes has a finding of its own.
    if (field === 'outcomes') continue;
    const title = schema.properties?.[field]?.title ?? field;
    add('config_required', 'error', { node: node.id, field: `${path}.${field}`, values: { field: title } });
  }
  const ways = ((schema.anyOf ?? []) as ConfigSchema[]).map(({ required }) => required ?? []);
  const named = ways.flat();
  const [first] = named;
  if (first !== undefined && ways.every((way) => way.some((field) => isEmpty(value[field])))) {
    const fields = named.map((field) => schema.properties?.[field]?.title ?? field).join(', ');
    const values = { fields, text: 'config_one_required' };
    add('config_required', 'error', { node: node.id, field: `${path}.${first}`, values });
  }
  for (const [field, inner] of Object.entries(schema.properties ?? {})) {
    const part = value[field];
    if (typeof part !== 'object' || part === null || Array.isArray(part) || isExpr(part)) continue;
    checkRequired(node, inner, part as Record<string, unknown>, `${path}.${field}`, add);
  }
}

const STEP = /\bsteps\.([A-Za-z_]\w*)/g;
const TEMPLATE = /\{\{(.*?)\}\}/gs;

/** Expressions and templates that read the result of a node that does not exist. */
function checkReferences(
  document: ProcessDocument,
  value: unknown,
  field: string,
  element: { node?: string; flow?: string },
  add: Add,
  expression = false,
): void {
  if (typeof value === 'string') {
    if (!value.includes('steps.')) return;
    const parts = expression ? [value] : [...value.matchAll(TEMPLATE)].map((match) => match[1] ?? '');
    const named = parts.flatMap((part) => [...part.matchAll(STEP)].map((match) => match[1] as string));
    for (const id of new Set(named)) {
      if (!indexOf(document).nodes.has(id))
        add('unknown_step', 'error', { ...element, field, values: { id } });
    }
  } else if (isExpr(value)) {
    checkReferences(document, value.expr, field, element, add, true);
  } else if (Array.isArray(value)) {
    value.forEach((item, i) => {
      checkReferences(document, item, `${field}.${i}`, element, add);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      checkReferences(document, item, `${field}.${key}`, element, add);
    }
  }
}

/** Worst severity and number of findings per element, for marks on the canvas. */
export function marksOf(findings: readonly Finding[]): Map<string, { severity: Severity; count: number }> {
  const marks = new Map<string, { severity: Severity; count: number }>();
  for (const finding of findings) {
    const id = finding.node ?? finding.flow;
    if (!id) continue;
    const mark = marks.get(id);
    if (!mark) marks.set(id, { severity: finding.severity, count: 1 });
    else
      marks.set(id, {
        severity: mark.severity === 'error' ? 'error' : finding.severity,
        count: mark.count + 1,
      });
  }
  return marks;
}
