import type { FormField } from '@/api/queries/tasks';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import { attachedOf, indexOf, outcomesOf, outgoingOf } from '@/lib/process/document';
import type { KindTable } from '@/lib/process/kinds';
import { type ProcessDocument, type ProcessNode, portOf, type Variable } from '@/lib/process/types';

export type Values = Record<string, unknown>;

export interface Target {
  node: string;
  process?: string;
  index?: number;
}

/** What ends a task or is the answer of a robot. */
export interface Reply extends Target {
  outcome?: string;
  port?: string;
  result?: Values;
  variables?: Values;
  error?: string;
  failure?: { code: string; message?: string };
  by?: string;
}

/** One thing that happens to a run from outside: exactly one member, see `scenario-1.schema.json`. */
export interface Step {
  complete?: Reply | string;
  answer?: Reply | string;
  trigger?: (Target & { body?: Values }) | string;
  message?: { name: string; key?: string; body?: Values } | string;
  signal?: { name: string; body?: Values } | string;
  advance?: { by: string } | { to: string } | string;
  set?: Values;
  /** The record is changed: a merge patch. */
  record?: Values;
  choose?: { node: string; flows: string[] };
  [other: string]: unknown;
}

export interface Start {
  node?: string;
  variables?: Values;
  record?: Values;
  by?: string;
  [other: string]: unknown;
}

export interface Scenario {
  format?: string;
  name?: string;
  description?: string;
  at?: string;
  zone?: string;
  start?: Start;
  people?: Record<string, unknown>;
  hold?: string[] | string;
  steps?: Step[];
  expect?: Values;
}

export type Wait = Shape<gen.RehearsalWait, { config?: Record<string, unknown> }>;
export type Record_ = gen.RehearsalRecord;
export type Sending = gen.RehearsalSending;
export type Failure = gen.RehearsalFailure;
export type Mark = gen.RehearsalMark;

/** What came of a scenario, with every list there. */
export interface Result {
  readonly scenario: string;
  readonly end: string;
  readonly code: string;
  readonly at: string;
  readonly entered: readonly string[];
  readonly completed: readonly string[];
  readonly waits: readonly Wait[];
  readonly incidents: readonly gen.RehearsalTrouble[];
  readonly variables: Values;
  readonly record: Values | undefined;
  readonly runs: readonly gen.RehearsalRunResult[];
  readonly outbox: readonly Sending[];
  readonly records: readonly Record_[];
  readonly marks: readonly Mark[];
  readonly failures: readonly Failure[];
}

export function resultOf(reply: gen.RehearsalResult): Result {
  return {
    scenario: reply.scenario ?? '',
    end: reply.end,
    code: reply.code ?? '',
    at: reply.at,
    entered: reply.entered ?? [],
    completed: reply.completed ?? [],
    waits: (reply.waits ?? []) as Wait[],
    incidents: reply.incidents ?? [],
    variables: reply.variables,
    record: reply.record,
    runs: reply.runs ?? [],
    outbox: reply.outbox ?? [],
    records: reply.records ?? [],
    marks: reply.marks ?? [],
    failures: reply.failures ?? [],
  };
}

/** The exit of a request for information that is turned down. */
const REFUSED = 'refused';

const DECIDED = new Set(['userTask', 'approval', 'acknowledge', 'requestInformation', 'robot']);

/** Steps that stay open until somebody says how they end. */
export function decidedIn(document: ProcessDocument): string[] {
  return document.nodes.filter((node) => DECIDED.has(node.kind)).map((node) => node.id);
}

/** The way in of a top-level start: by hand where there is one. */
export function startsOf(document: ProcessDocument): ProcessNode[] {
  return document.nodes.filter((node) => node.kind === 'startEvent' && node.parent === undefined);
}

export function scenariosOf(document: ProcessDocument): Scenario[] {
  return Array.isArray(document.scenarios) ? (document.scenarios as Scenario[]) : [];
}

/** A deal that does not exist, so that expressions have something to read. */
export function sampleRecord(document: ProcessDocument, me: string): Values {
  const saved = scenariosOf(document).find((scenario) => scenario.start?.record)?.start?.record;
  if (saved) return saved;
  return {
    type: document.appliesTo || 'deal',
    id: 'rehearsal',
    title: 'Sample',
    responsible: me,
    amount: { amount: 1000000, currency: 'EUR' },
    client: { name: 'Client', email: 'client@example.com', phone: '+1 555 0100' },
  };
}

/** A scenario that does not say with what it begins, about a sample record where the process is about records. */
export function withStart(document: ProcessDocument, scenario: Scenario, me: string): Scenario {
  if (scenario.start) return scenario;
  const [first, ...rest] = scenario.steps ?? [];
  const named = typeof first?.trigger === 'string' ? first.trigger : first?.trigger?.node;
  const node = startsOf(document).find(({ id }) => id === named)?.id;
  return {
    ...scenario,
    start: {
      by: me,
      ...(node === undefined ? {} : { node }),
      ...(document.appliesTo ? { record: sampleRecord(document, me) } : {}),
    },
    // The start is no step any more: a second one would begin another run.
    steps: node === undefined ? (scenario.steps ?? []) : rest,
  };
}

function sampleOf(type: string, name: string): unknown {
  switch (type) {
    case 'number':
    case 'integer':
    case 'decimal':
      return 1;
    case 'boolean':
      return true;
    case 'date':
      return '2026-01-05';
    case 'dateTime':
    case 'datetime':
      return '2026-01-05T09:00:00Z';
    case 'duration':
      return 'P1D';
    case 'money':
      return { amount: 100000, currency: 'EUR' };
    case 'file':
      return { id: 'rehearsal', name: `${name}.pdf`, link: '/files/rehearsal' };
    case 'list':
      return [];
    case 'object':
    case 'any':
      return {};
    default:
      return name;
  }
}

const sampleOfVariable = (variable: Variable): unknown => {
  const one = sampleOf(variable.type, variable.name);
  return variable.multiple === true ? [one] : one;
};

/** An answer that a robot could give: its results by type, and the variable that it is told to fill. */
export function sampleAnswer(document: ProcessDocument, kinds: KindTable, id: string): Partial<Reply> {
  const node = indexOf(document).nodes.get(id);
  if (!node) return {};
  const results = kinds.of(node)?.results ?? [];
  const into = typeof node.config?.into === 'string' ? node.config.into : undefined;
  const variable = document.variables?.find(({ name }) => name === into);
  const answer: Partial<Reply> = {};
  if (results.length > 0) {
    answer.result = Object.fromEntries(results.map(({ name, type }) => [name, sampleOf(type, name)]));
  }
  if (variable) answer.variables = { [variable.name]: sampleOfVariable(variable) };
  return answer;
}

/** How a task can end: the name of the outcome, '' for its one unnamed exit, and what the button says. */
export interface Way {
  readonly name: string;
  readonly label: string;
  readonly positive: boolean;
}

/** The ways to end a task, with the words of its author where there are some. */
export function waysOf(
  node: ProcessNode | undefined,
  config: Values,
  labels: Readonly<Record<'complete' | 'send' | 'refuse' | 'acknowledge', string>>,
): Way[] {
  const button = typeof config.button === 'string' && config.button !== '' ? config.button : undefined;
  const one = (label: string): Way => ({ name: '', label: button ?? label, positive: true });
  if (node?.kind === 'acknowledge') return [one(labels.acknowledge)];
  if (node?.kind === 'requestInformation') {
    const refusable = config.refusal === 'any' || config.refusal === 'all';
    return [
      one(labels.send),
      ...(refusable ? [{ name: REFUSED, label: labels.refuse, positive: false }] : []),
    ];
  }
  const outcomes = node ? outcomesOf(node) : [];
  if (outcomes.length === 0) return [{ name: '', label: labels.complete, positive: true }];
  return outcomes.map(({ name, label, positive: good }) => ({
    name,
    label: label || name,
    positive: good === true,
  }));
}

/** Whether people would have to give a reason with an outcome. */
export function needsReason(node: ProcessNode, config: Values, outcome: string): boolean {
  if (node.kind === 'approval') {
    const good = outcomesOf(node).find(({ name }) => name === outcome)?.positive === true;
    return config.commentRequired === 'always' || (config.commentRequired === 'negative' && !good);
  }
  if (node.kind === 'requestInformation' && outcome === REFUSED) return config.refusalReason === true;
  return config.comment === 'required';
}

/** What a step wants uploaded: by what name, and whether it can be left out. */
export function filesOf(config: Values): { label: string | undefined; required: boolean } | undefined {
  const rule = config.files;
  if (typeof rule !== 'object' || rule === null) return undefined;
  const { label, required } = rule as { label?: unknown; required?: unknown };
  return {
    label: typeof label === 'string' && label !== '' ? label : undefined,
    required: required === true,
  };
}

/** Uploaded files as later steps read them; nothing is sent anywhere. */
export function uploadedAs(names: readonly string[]): Values {
  const files = names.map((name) => ({ id: 'rehearsal', name, link: '/files/rehearsal' }));
  return files.length > 0 ? { files, file: files[0] } : {};
}

/** What was filled in, with a made-up file in the place of each that was chosen: nothing is sent anywhere. */
export function filedAnswers(fields: readonly FormField[], values: Values): Values {
  const filed = { ...values };
  for (const { name, type } of fields) {
    const value = filed[name];
    // A switch that nobody has touched says no.
    if (type === 'boolean' && value === undefined) filed[name] = false;
    if (type !== 'file' || value === undefined) continue;
    const file = (id: unknown): Values => ({ id: 'rehearsal', name: String(id), link: '/files/rehearsal' });
    filed[name] = Array.isArray(value) ? value.map(file) : file(value);
  }
  return filed;
}

/** What later steps read of an acknowledgement: who has confirmed, and who has not. */
export function readersOf(
  asked: readonly string[],
  readers: readonly string[],
  comment: string,
  at: string,
): Values {
  return {
    acknowledged: readers.map((user) => ({ user, comment, at })),
    missing: asked.filter((user) => !readers.includes(user)),
  };
}

/** An answer that fits a form: its first values, and something of the right type where one must be given. */
export function sampleForm(fields: readonly FormField[]): Values {
  const values: Values = {};
  for (const field of fields) {
    const { name, type, required, multiple, options } = field;
    if (field.default !== undefined) values[name] = field.default;
    else if (required && type !== 'boolean') {
      const one =
        type === 'choice'
          ? options?.[0]
          : typeof field.min === 'number' || (type === 'date' && field.min)
            ? field.min
            : sampleOf(type, name);
      values[name] = multiple ? [one] : one;
    }
  }
  return values;
}

/** What a person could bring at a step: the form filled in, and the files that must be there. */
export function sampleResult(config: Values): Values {
  const wanted = filesOf(config);
  return {
    ...sampleForm(Array.isArray(config.form) ? (config.form as FormField[]) : []),
    ...(wanted?.required ? uploadedAs([`${wanted.label ?? 'file'}.pdf`]) : {}),
  };
}

/** How a step of a scenario names an open wait. */
export function targetOf(key: string, waits: readonly Wait[], wait: Wait): Target {
  const elsewhere = waits.some((other) => other.node === wait.node && other.process !== wait.process);
  return {
    node: wait.node,
    ...(elsewhere || wait.process !== key ? { process: wait.process } : {}),
    ...(wait.index > 1 ? { index: wait.index } : {}),
  };
}

export type Word =
  | 'complete'
  | 'answer'
  | 'trigger'
  | 'message'
  | 'signal'
  | 'advance'
  | 'set'
  | 'record'
  | 'choose';
const WORDS: readonly Word[] = [
  'complete',
  'answer',
  'trigger',
  'message',
  'signal',
  'advance',
  'set',
  'record',
  'choose',
];

/** The node that a step answers for. */
export function answeredBy(step: Step): string | undefined {
  const reply = step.complete ?? step.answer;
  return typeof reply === 'string' ? reply : reply?.node;
}

/** What a step does, to which node, and by which outcome, result or duration. */
export function told(step: Step): { word: Word | 'other'; node?: string; detail?: string } {
  const word = WORDS.find((candidate) => step[candidate] !== undefined);
  if (!word) return { word: 'other', detail: Object.keys(step)[0] };
  const value = step[word] as string | Values;
  if (word === 'advance') {
    const by = typeof value === 'string' ? value : (value.by ?? value.to);
    return { word, detail: String(by) };
  }
  if (word === 'message' || word === 'signal')
    return { word, detail: typeof value === 'string' ? value : String(value.name) };
  if (typeof value === 'string') return { word, node: value };
  if (word === 'set' || word === 'record') return { word, detail: Object.keys(value).join(', ') };
  const { node, outcome, error, failure, port } = value as unknown as Reply;
  const detail = error ?? failure?.code ?? (outcome || port) ?? undefined;
  return { word, node, ...(detail ? { detail } : {}) };
}

/** The n nearest steps to a target: how many flows away each node is. */
function distances(document: ProcessDocument, target: string): Map<string, number> {
  const { nodes, incoming } = indexOf(document);
  const away = new Map([[target, 0]]);
  const queue = [target];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    const node = nodes.get(id);
    const before = (incoming.get(id) ?? []).map((flow) => flow.from);
    if (node?.attachedTo) before.push(node.attachedTo);
    // What begins inside a sub-process is reached by entering it; what is inside leads to what is behind it.
    if (node?.parent !== undefined && before.length === 0) before.push(node.parent);
    for (const from of before) {
      const inside = document.nodes.filter((other) => other.parent === from).map((other) => other.id);
      for (const one of [from, ...inside]) {
        if (away.has(one)) continue;
        away.set(one, (away.get(id) as number) + 1);
        queue.push(one);
      }
    }
  }
  return away;
}

/**
 * What to do next so that a node is reached: the open wait that is nearest to it, ended by the way that leads there.
 * Undefined when nothing that is open leads there.
 */
export function stepTowards(
  document: ProcessDocument,
  kinds: KindTable,
  result: Result,
  target: string,
): Step | undefined {
  const away = distances(document, target);
  const far = (id: string): number => away.get(id) ?? Number.POSITIVE_INFINITY;
  const open = result.waits
    .filter(
      (wait) => wait.process === document.key && far(wait.node) < Number.POSITIVE_INFINITY && !wait.failed,
    )
    .sort((a, b) => far(a.node) - far(b.node));
  const activity = (wait: Wait): boolean => wait.kind === 'task' || wait.kind === 'effect';
  // A task is done in time: its own timers are for when only they lead to the target.
  const host = (wait: Wait): string | undefined => indexOf(document).nodes.get(wait.node)?.attachedTo;
  const onward = (id: string): number =>
    Math.min(...outgoingOf(document, id).map((flow) => far(flow.to)), Number.POSITIVE_INFINITY);
  const wait = open.find((candidate) => {
    const on = host(candidate);
    if (on !== undefined && candidate.node !== on) return far(candidate.node) < onward(on);
    return !attachedOf(document, candidate.node).some(
      (event) => far(event.id) < onward(candidate.node) && open.some((other) => other.node === event.id),
    );
  });
  if (!wait) return undefined;
  const named = targetOf(document.key, result.waits, wait);
  if (!activity(wait)) {
    if (wait.kind === 'timer' && wait.dueAt) return { advance: { to: wait.dueAt } };
    return { trigger: named };
  }
  const node = indexOf(document).nodes.get(wait.node) as ProcessNode;
  const flows = outgoingOf(document, wait.node);
  const nearest = flows.reduce<(typeof flows)[number] | undefined>(
    (best, flow) => (best === undefined || far(flow.to) < far(best.to) ? flow : best),
    undefined,
  );
  // Only an event on it leads there, as one that catches errors: it happens.
  const caught = attachedOf(document, wait.node).find(
    (event) => far(event.id) < (nearest ? far(nearest.to) : Number.POSITIVE_INFINITY),
  );
  if (caught) return { trigger: { node: caught.id } };
  const port = nearest && nearest.port !== undefined ? portOf(nearest) : undefined;
  if (wait.kind === 'effect') {
    return { answer: { ...named, ...sampleAnswer(document, kinds, wait.node), ...(port ? { port } : {}) } };
  }
  const outcome = port ?? positive(node);
  const brought = sampleResult(wait.config ?? {});
  const filled = Object.keys(brought).length > 0 && outcome !== REFUSED ? { result: brought } : {};
  return { complete: { ...named, ...(outcome ? { outcome } : {}), ...filled } };
}

/** The first positive outcome of a node, else its first one. */
export function positive(node: ProcessNode): string | undefined {
  const outcomes = outcomesOf(node);
  return (outcomes.find((outcome) => outcome.positive) ?? outcomes[0])?.name;
}

/** The step that people look for: where it has stopped, what is open, what broke, or where it came to last. */
export function standsAt(
  document: ProcessDocument,
  result: Result,
  paused: string | undefined,
): string | undefined {
  const open = result.waits.filter(({ process, failed }) => process === document.key && !failed);
  return (
    paused ??
    (open.find(({ kind }) => kind === 'task' || kind === 'effect') ?? open[0])?.node ??
    result.incidents[0]?.node ??
    result.entered.at(-1)
  );
}

/** When the next timer that is open fires. */
export function nextDue(result: Result): string | undefined {
  return result.waits
    .filter((wait) => wait.dueAt && (wait.kind === 'timer' || wait.kind === 'timeout'))
    .map((wait) => wait.dueAt as string)
    .sort()[0];
}

export interface Expected {
  readonly end: boolean;
  readonly way: boolean;
  readonly variables: boolean;
  readonly sent: boolean;
}

/** What happened as what is to happen again: the ends, and the steps that people know, not every event between them. */
export function expectationOf(document: ProcessDocument, result: Result, wanted: Expected): Values {
  const expect: Values = {};
  if (wanted.end) {
    expect.end = result.end;
    if (result.code) expect.code = result.code;
    if (result.waits.length > 0 && result.end === 'waiting')
      expect.waits = result.waits.map((wait) => wait.node);
  }
  if (wanted.way) {
    const { nodes } = indexOf(document);
    const known = (id: string): boolean =>
      /Task$|^approval$|^acknowledge$|^requestInformation$|^robot$|^endEvent$/.test(
        nodes.get(id)?.kind ?? '',
      );
    const inOrder = result.entered.filter(known);
    expect.entered = { inOrder, only: [...new Set(inOrder)] };
    const missed = document.nodes
      .filter((node) => known(node.id) && !result.entered.includes(node.id))
      .map((node) => node.id);
    if (missed.length > 0) expect.notEntered = missed;
  }
  if (wanted.variables) expect.variables = result.variables;
  if (wanted.sent) {
    const counts = new Map<string, number>();
    for (const { robot } of result.outbox) counts.set(robot, (counts.get(robot) ?? 0) + 1);
    expect.sent = [...counts].map(([robot, count]) => ({ robot, count }));
  }
  return expect;
}

const idsIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [];

/** The steps at which it went differently than expected: those that are missing, and those that came instead. */
export function brokenIn(
  document: ProcessDocument,
  { failures, outbox }: Pick<Result, 'failures' | 'outbox'>,
  expected: Values | undefined,
): Set<string> {
  const broken = new Set<string>();
  const sent = Array.isArray(expected?.sent) ? (expected.sent as { robot?: string }[]) : [];
  for (const { path, want, got } of failures) {
    const counted = /\/sent\/(\d+)$/.exec(path ?? '');
    if (counted) {
      // Robots of that kind which have not acted, or all that have.
      const robot = sent[Number(counted[1])]?.robot;
      const less = Number(got) < Number(want);
      for (const node of document.nodes) {
        const acted = outbox.some((sending) => sending.node === node.id);
        if (node.robot === robot && acted !== less) broken.add(node.id);
      }
    }
    if (!/\/(entered|completed|waits|notEntered)$/.test(path ?? '')) continue;
    const [wanted, came] = [idsIn(want), idsIn(got)];
    for (const id of wanted) if (!came.includes(id)) broken.add(id);
    for (const id of came) if (!wanted.includes(id)) broken.add(id);
  }
  return broken;
}
