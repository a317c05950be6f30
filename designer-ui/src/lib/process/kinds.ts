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

export type Shape = 'pill' | 'card' | 'diamond' | 'circle' | 'boundary';

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

export const CATEGORIES = [
  'start',
  'people',
  'gateways',
  'wait',
  'record',
  'communication',
  'document',
  'data',
  'flow',
  'integration',
  'end',
];

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
  { key: 'endEvent', kind: 'endEvent', category: 'end', look: 'end', icon: 'flag' },
];

/** Kinds that drafts may hold and the designer draws, although this version does not offer them. */
const DRAWN: Record<string, { look: Look; icon: string }> = {
  inclusiveGateway: { look: 'gateway', icon: 'circle' },
  eventGateway: { look: 'gateway', icon: 'pentagon' },
  complexJoin: { look: 'gateway', icon: 'asterisk' },
  throwEvent: { look: 'timer', icon: 'send' },
  boundaryEvent: { look: 'timer', icon: 'clock' },
  catchEvent: { look: 'timer', icon: 'clock' },
  subProcess: { look: 'subprocess', icon: 'workflow' },
  callActivity: { look: 'subprocess', icon: 'workflow' },
  acknowledge: { look: 'task', icon: 'eye' },
  requestInformation: { look: 'task', icon: 'message-circle-question' },
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

/** Drawn when a draft holds them; the palette offers them in other forms (timer, message) or not in this version. */
const NOT_OFFERED = new Set([
  'catchEvent',
  'boundaryEvent',
  'throwEvent',
  'subProcess',
  'callActivity',
  'inclusiveGateway',
  'eventGateway',
  'complexJoin',
]);

/** All descriptors by key, and the answers that drawing and checking need. */
export class KindTable {
  private readonly byKey = new Map<string, KindDescriptor>();

  constructor(descriptors: readonly KindDescriptor[] = []) {
    for (const known of CONTROL_KINDS) this.byKey.set(known.key, known);
    for (const descriptor of descriptors) {
      const known = this.byKey.get(descriptor.key);
      const merged = known ? { ...known, ...withoutUndefined(descriptor) } : descriptor;
      this.byKey.set(descriptor.key, NOT_OFFERED.has(descriptor.key) ? { ...merged, hidden: true } : merged);
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
    const drawn = NOT_OFFERED.has(node.kind) ? DRAWN[node.kind]?.look : undefined;
    return drawn ?? this.of(node)?.look ?? DRAWN[node.kind]?.look ?? 'robot';
  }

  icon(node: ProcessNode): string {
    if (node.kind === 'startEvent') return triggerIcon(node) ?? 'play';
    return this.of(node)?.icon ?? DRAWN[node.kind]?.icon ?? 'circle-help';
  }

  shape(node: ProcessNode): Shape {
    return node.kind === 'boundaryEvent' ? 'boundary' : SHAPES[this.look(node)];
  }

  /** True when neither the designer nor the server can tell what this node does; its data is kept as it is. */
  missing(node: ProcessNode): boolean {
    return this.of(node) === undefined && DRAWN[node.kind] === undefined;
  }

  /** Output ports in order: one per outcome, else the unnamed one and the named ones of the descriptor. */
  outputs(node: ProcessNode): string[] {
    if (node.kind === 'endEvent') return [];
    const outcomes = outcomesOf(node);
    if (node.kind === 'approval')
      return outcomes.length > 0 ? outcomes.map((outcome) => outcome.name) : [OUT];
    if (outcomes.length > 0) return outcomes.map((outcome) => outcome.name);
    // A pattern such as `{outcomes.name}` stands for ports that the config names, which it does not.
    const named = (this.of(node)?.ports ?? []).filter((port) => !port.includes('{'));
    return named.length > 0 ? [OUT, ...named.filter((port) => port !== OUT)] : [OUT];
  }

  hasInput(node: ProcessNode): boolean {
    return node.kind !== 'startEvent' && node.kind !== 'boundaryEvent';
  }
}

function withoutUndefined(descriptor: KindDescriptor): Partial<KindDescriptor> {
  return Object.fromEntries(Object.entries(descriptor).filter(([, value]) => value !== undefined));
}

/** Key of the descriptor that describes this node. */
export function kindKey(node: ProcessNode): string {
  if (node.kind === 'robot') return `robot:${node.robot ?? ''}`;
  if (node.kind === 'catchEvent' || node.kind === 'boundaryEvent') {
    const stem = node.kind === 'catchEvent' ? 'catch' : 'boundary';
    const trigger = triggerKind(node);
    return trigger ? `${stem}${trigger.charAt(0).toUpperCase()}${trigger.slice(1)}` : node.kind;
  }
  return node.kind;
}

const TRIGGERS = ['timer', 'message', 'signal', 'conditional', 'error', 'escalation', 'compensation'];

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
      return undefined;
  }
}
