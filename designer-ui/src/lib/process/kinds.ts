import { outcomesOf } from './document';
import { OUT, type ProcessNode } from './types';

/** How a node looks: outline, colour and size follow from it. */
export type Look =
  | 'start'
  | 'task'
  | 'approval'
  | 'notification'
  | 'document'
  | 'robot'
  | 'gateway'
  | 'timer'
  | 'subprocess'
  | 'end';

export type Shape = 'pill' | 'card' | 'diamond' | 'circle' | 'boundary' | 'frame';

/** JSON Schema of a config, with our hints; the form component interprets it, this module reads `required` only. */
export interface ConfigSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, ConfigSchema>;
  required?: string[];
  items?: ConfigSchema;
  enum?: unknown[];
  default?: unknown;
  [keyword: string]: unknown;
}

/**
 * One entry of the palette. Control kinds are known to the designer; robots and the config schemas of all kinds come
 * from the server's descriptors, so that a new robot needs no change here.
 */
export interface KindDescriptor {
  /** `exclusiveGateway`, or `robot:mail.send`; unique. */
  readonly key: string;
  readonly kind: string;
  readonly robot?: string;
  readonly category: string;
  readonly look: Look;
  readonly icon: string;
  /** Translated by the server; absent for control kinds, which the designer's own catalogue names. */
  readonly name?: string;
  readonly help?: string;
  readonly schema?: ConfigSchema;
  /** Named outputs besides the unnamed one. */
  readonly ports?: readonly string[];
  /** Result fields that later nodes read as `steps.<node>.<field>`, with their types. */
  readonly results?: readonly { readonly name: string; readonly type: string; readonly title?: string }[];
  /** Fields of a new node besides id, kind and robot. */
  readonly preset?: Partial<ProcessNode>;
  /** Kinds that the palette does not offer by themselves, such as boundary events. */
  readonly hidden?: boolean;
}

/** Steps of this kind take away what people have entered: nobody should put one in by a slip. */
export const isDestructive = ({ schema }: KindDescriptor): boolean => schema?.['x-destructive'] === true;

export const CATEGORIES = [
  'start',
  'people',
  'gateways',
  'wait',
  'events',
  'flow',
  'record',
  'communication',
  'document',
  'data',
  'integration',
  'end',
];

/** One descriptor per trigger or effect of an event: `throwSignal`, `endTerminate`, ... */
function event(
  stem: string,
  kind: string,
  category: string,
  variants: Record<string, Record<string, unknown>>,
): KindDescriptor[] {
  const field = kind === 'throwEvent' || kind === 'endEvent' ? 'effect' : 'trigger';
  return Object.entries(variants).map(([name, value]) => ({
    key: `${stem}${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    kind,
    category,
    look: kind === 'endEvent' ? 'end' : 'timer',
    icon: EVENT_ICONS[name] ?? 'circle',
    preset: { [field]: value },
  }));
}

/** What triggers and effects look like inside the circle of their event. */
const EVENT_ICONS: Record<string, string> = {
  timer: 'clock',
  message: 'mail',
  signal: 'triangle',
  conditional: 'list-checks',
  error: 'zap',
  escalation: 'chevrons-up',
  compensation: 'rewind',
  cancel: 'x',
  terminate: 'circle-dot',
  any: 'pentagon',
  all: 'plus',
};

/** Kinds of this engine that need no descriptor to be drawn. */
export const CONTROL_KINDS: readonly KindDescriptor[] = [
  { key: 'startEvent', kind: 'startEvent', category: 'start', look: 'start', icon: 'play' },
  { key: 'userTask', kind: 'userTask', category: 'people', look: 'task', icon: 'square-check' },
  {
    key: 'approval',
    kind: 'approval',
    category: 'people',
    look: 'approval',
    icon: 'user-check',
    preset: {
      config: {
        rule: 'any',
        outcomes: [{ name: 'approve', positive: true }, { name: 'reject' }],
      },
    },
  },
  {
    key: 'acknowledge',
    kind: 'acknowledge',
    category: 'people',
    look: 'task',
    icon: 'eye',
    preset: { config: { rule: 'all' } },
  },
  {
    key: 'requestInformation',
    kind: 'requestInformation',
    category: 'people',
    look: 'task',
    icon: 'message-circle-question',
    preset: { config: { form: [{ name: 'field1', type: 'string' }] } },
  },
  { key: 'exclusiveGateway', kind: 'exclusiveGateway', category: 'gateways', look: 'gateway', icon: 'x' },
  { key: 'parallelGateway', kind: 'parallelGateway', category: 'gateways', look: 'gateway', icon: 'plus' },
  {
    key: 'catchTimer',
    kind: 'catchEvent',
    category: 'wait',
    look: 'timer',
    icon: 'clock',
    preset: { trigger: { timer: { after: 'P1D' } } },
  },
  {
    key: 'catchMessage',
    kind: 'catchEvent',
    category: 'wait',
    look: 'timer',
    icon: 'mail',
    preset: { trigger: { message: { name: '' } } },
  },
  {
    key: 'boundaryTimer',
    kind: 'boundaryEvent',
    category: 'wait',
    look: 'timer',
    icon: 'clock',
    hidden: true,
    preset: { interrupting: false, trigger: { timer: { after: 'P1D' } } },
  },
  {
    key: 'boundaryError',
    kind: 'boundaryEvent',
    category: 'wait',
    look: 'timer',
    icon: 'zap',
    hidden: true,
    preset: { interrupting: true, trigger: { error: {} } },
  },
  ...event('boundary', 'boundaryEvent', 'wait', {
    message: { message: { name: '' } },
    signal: { signal: { code: '' } },
    conditional: { conditional: '' },
    escalation: { escalation: {} },
    compensation: { compensation: true },
    cancel: { cancel: true },
  }).map((descriptor) => ({ ...descriptor, hidden: true })),
  ...event('catch', 'catchEvent', 'wait', {
    signal: { signal: { code: '' } },
    conditional: { conditional: '' },
  }),
  ...event('throw', 'throwEvent', 'events', {
    message: { message: { name: '' } },
    signal: { signal: { code: '' } },
    escalation: { escalation: { code: '' } },
    compensation: { compensation: '' },
  }),
  {
    key: 'inclusiveGateway',
    kind: 'inclusiveGateway',
    category: 'gateways',
    look: 'gateway',
    icon: 'circle',
  },
  { key: 'eventGateway', kind: 'eventGateway', category: 'gateways', look: 'gateway', icon: 'pentagon' },
  {
    key: 'complexJoin',
    kind: 'complexJoin',
    category: 'gateways',
    look: 'gateway',
    icon: 'asterisk',
    preset: { need: 1 },
  },
  { key: 'subProcess', kind: 'subProcess', category: 'flow', look: 'subprocess', icon: 'box' },
  {
    key: 'subTransaction',
    kind: 'subProcess',
    category: 'flow',
    look: 'subprocess',
    icon: 'copy-check',
    preset: { transaction: true },
  },
  {
    key: 'subEvent',
    kind: 'subProcess',
    category: 'flow',
    look: 'subprocess',
    icon: 'bell',
    preset: { event: true },
  },
  {
    key: 'subAdHoc',
    kind: 'subProcess',
    category: 'flow',
    look: 'subprocess',
    icon: 'shuffle',
    preset: { adHoc: {} },
  },
  { key: 'callActivity', kind: 'callActivity', category: 'flow', look: 'subprocess', icon: 'workflow' },
  {
    key: 'receiveTask',
    kind: 'receiveTask',
    category: 'wait',
    look: 'task',
    icon: 'mail',
    preset: { trigger: { message: { name: '' } } },
  },
  {
    key: 'sendTask',
    kind: 'sendTask',
    category: 'events',
    look: 'task',
    icon: 'send',
    preset: { effect: { message: { name: '' } } },
  },
  { key: 'task', kind: 'task', category: 'flow', look: 'task', icon: 'square' },
  { key: 'endEvent', kind: 'endEvent', category: 'end', look: 'end', icon: 'flag' },
  ...event('end', 'endEvent', 'end', {
    terminate: { terminate: true },
    error: { error: { code: '' } },
    message: { message: { name: '' } },
    signal: { signal: { code: '' } },
    escalation: { escalation: { code: '' } },
    compensation: { compensation: '' },
    cancel: { cancel: true },
  }),
];

/** Kinds that a draft may hold before their descriptors have arrived, or without any. */
const DRAWN: Record<string, { look: Look; icon: string }> = {
  throwEvent: { look: 'timer', icon: 'send' },
  boundaryEvent: { look: 'timer', icon: 'clock' },
  catchEvent: { look: 'timer', icon: 'clock' },
  robot: { look: 'robot', icon: 'bot' },
};

const SHAPES: Record<Look, Shape> = {
  start: 'pill',
  task: 'card',
  approval: 'card',
  notification: 'card',
  document: 'card',
  robot: 'card',
  gateway: 'diamond',
  timer: 'circle',
  subprocess: 'card',
  end: 'circle',
};

/** Events that the palette offers by what they wait for or do, not by themselves. */
const VARIED = new Set(['catchEvent', 'boundaryEvent', 'throwEvent']);

/** Robots that do what an event of the drawing does: for rules of stages, where there are no events. */
const FOR_STAGES = new Set(['robot:wait.until']);

/** All descriptors by key, and the answers that drawing and checking need. */
export class KindTable {
  private readonly byKey = new Map<string, KindDescriptor>();

  constructor(descriptors: readonly KindDescriptor[] = []) {
    for (const known of CONTROL_KINDS) this.byKey.set(known.key, known);
    for (const descriptor of descriptors) {
      const known = this.byKey.get(descriptor.key);
      const merged = known ? { ...known, ...withoutUndefined(descriptor) } : descriptor;
      const unoffered = VARIED.has(descriptor.key) || FOR_STAGES.has(descriptor.key);
      this.byKey.set(descriptor.key, unoffered ? { ...merged, hidden: true } : merged);
    }
  }

  get all(): KindDescriptor[] {
    return [...this.byKey.values()];
  }

  get(key: string): KindDescriptor | undefined {
    return this.byKey.get(key);
  }

  /** The descriptor of a node; undefined for kinds and robots that this server does not know. */
  of(node: ProcessNode): KindDescriptor | undefined {
    return this.byKey.get(kindKey(node)) ?? this.byKey.get(node.kind);
  }

  look(node: ProcessNode): Look {
    // Events and gateways look as BPMN readers expect, whatever a descriptor says.
    const drawn = VARIED.has(node.kind) ? DRAWN[node.kind]?.look : undefined;
    return drawn ?? this.of(node)?.look ?? DRAWN[node.kind]?.look ?? 'robot';
  }

  icon(node: ProcessNode): string {
    if (node.kind === 'startEvent') return triggerIcon(node) ?? 'play';
    const event = EVENTS.has(node.kind) ? EVENT_ICONS[eventKind(node) ?? ''] : undefined;
    if (event) return event;
    return this.of(node)?.icon ?? DRAWN[node.kind]?.icon ?? 'circle-help';
  }

  shape(node: ProcessNode): Shape {
    if (node.kind === 'boundaryEvent') return 'boundary';
    // Inside a sub-process a start needs no words: it is the one way in.
    return node.kind === 'startEvent' && node.parent !== undefined ? 'circle' : SHAPES[this.look(node)];
  }

  /** True when neither the designer nor the server can tell what this node does; its data is kept as it is. */
  missing(node: ProcessNode): boolean {
    return this.of(node) === undefined && DRAWN[node.kind] === undefined;
  }

  /** Output ports in order: one per outcome, else the unnamed one and the named ones of the descriptor. */
  outputs(node: ProcessNode): string[] {
    // What an event starts stands outside the flow; an undo names its handler instead of a way out.
    if (node.kind === 'endEvent' || node.event === true) return [];
    if (node.kind === 'boundaryEvent' && node.trigger?.compensation === true) return [];
    const outcomes = outcomesOf(node);
    if (node.kind === 'approval')
      return outcomes.length > 0 ? outcomes.map((outcome) => outcome.name) : [OUT];
    if (outcomes.length > 0) return outcomes.map((outcome) => outcome.name);
    if (node.kind === 'requestInformation') {
      const { refusal } = (node.config ?? {}) as { refusal?: string };
      return refusal === 'any' || refusal === 'all' ? [OUT, 'refused'] : [OUT];
    }
    // A pattern such as `{outcomes.name}` stands for ports that the config names, which it does not.
    const named = (this.of(node)?.ports ?? []).filter((port) => !port.includes('{'));
    return named.length > 0 ? [OUT, ...named.filter((port) => port !== OUT)] : [OUT];
  }

  hasInput(node: ProcessNode): boolean {
    return node.kind !== 'startEvent' && node.kind !== 'boundaryEvent' && node.event !== true;
  }
}

function withoutUndefined(descriptor: KindDescriptor): Partial<KindDescriptor> {
  return Object.fromEntries(Object.entries(descriptor).filter(([, value]) => value !== undefined));
}

/** Key of the descriptor that describes this node. */
export function kindKey(node: ProcessNode): string {
  if (node.kind === 'robot') return `robot:${node.robot ?? ''}`;
  if (node.kind === 'subProcess') {
    if (node.event === true) return 'subEvent';
    if (node.transaction === true) return 'subTransaction';
    return node.adHoc === undefined ? 'subProcess' : 'subAdHoc';
  }
  const stem = STEMS[node.kind];
  const event = stem ? eventKind(node) : undefined;
  return event ? `${stem}${event.charAt(0).toUpperCase()}${event.slice(1)}` : node.kind;
}

const STEMS: Record<string, string> = {
  catchEvent: 'catch',
  boundaryEvent: 'boundary',
  throwEvent: 'throw',
  endEvent: 'end',
};
const EVENTS = new Set(Object.keys(STEMS));

const EFFECTS = ['message', 'signal', 'error', 'escalation', 'compensation', 'terminate', 'cancel', 'all'];

/** What an end or throw event does: `message`, `terminate`, ...; undefined when it does nothing. */
export function effectKind(node: ProcessNode): string | undefined {
  const effect = node.effect;
  return effect && EFFECTS.find((name) => effect[name] !== undefined && effect[name] !== false);
}

function eventKind(node: ProcessNode): string | undefined {
  return node.kind === 'throwEvent' || node.kind === 'endEvent' ? effectKind(node) : triggerKind(node);
}

const TRIGGERS = [
  'timer',
  'message',
  'signal',
  'conditional',
  'error',
  'escalation',
  'compensation',
  'cancel',
  'any',
  'all',
];

/** Which kind of trigger an event has: `timer`, `message`, ..., or the product's own, such as `stageEntered`. */
export function triggerKind(node: ProcessNode): string | undefined {
  const trigger = node.trigger;
  if (!trigger) return undefined;
  if (typeof trigger.on === 'string') return trigger.on;
  return TRIGGERS.find((name) => trigger[name] !== undefined) ?? Object.keys(trigger)[0];
}

function triggerIcon(node: ProcessNode): string | undefined {
  switch (triggerKind(node)) {
    case 'schedule':
    case 'timer':
      return 'calendar-clock';
    case 'webhook':
      return 'webhook';
    case 'message':
      return 'mail';
    case 'stageEntered':
      return 'columns-3';
    case 'recordCreated':
    case 'recordChanged':
      return 'database';
    case 'form':
      return 'clipboard-list';
    default:
      return EVENT_ICONS[triggerKind(node) ?? ''];
  }
}
