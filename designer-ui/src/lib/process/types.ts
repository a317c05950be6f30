/** The process format `fluxo/process@1` as the designer edits it. A draft may be incomplete, so little is required. */

export interface ExprValue {
  expr: string;
}

export type Point = [number, number];

export interface LayoutEntry {
  at?: Point;
  size?: Point;
  /** Bend points of a flow, without its two ends. */
  bends?: Point[];
  collapsed?: boolean;
  /** A person put the node here, so that laying out may be told to leave it. */
  placed?: true;
  /** Name of a colour of `COLOURS`; also of notes and groups. */
  color?: string;
}

export interface TimerRule {
  after?: unknown;
  at?: unknown;
  every?: unknown;
  [rule: string]: unknown;
}

/** What an event waits for. One of the fields says which kind of trigger it is; `on` names triggers of the product. */
export interface Trigger {
  on?: string;
  timer?: TimerRule;
  message?: unknown;
  signal?: unknown;
  error?: unknown;
  conditional?: unknown;
  [field: string]: unknown;
}

export interface Outcome {
  name: string;
  label?: string;
  positive?: boolean;
  [field: string]: unknown;
}

export interface ProcessNode {
  id: string;
  kind: string;
  name?: string;
  description?: string;
  config?: Record<string, unknown>;
  disabled?: boolean;
  /** Id of the flow that is taken when no condition holds. */
  default?: string;
  robot?: string;
  trigger?: Trigger;
  effect?: Record<string, unknown>;
  attachedTo?: string;
  interrupting?: boolean;
  need?: number;
  /** Steps of a sub-process, as it is stored; the designer works on the flat form of `scopes.ts`. */
  nodes?: ProcessNode[];
  flows?: Flow[];
  /** Only in the flat form: the sub-process that this node is in. */
  parent?: string;
  x?: Record<string, unknown>;
  [field: string]: unknown;
}

export interface Flow {
  id: string;
  from: string;
  to: string;
  /** Output port of `from`; absent means the node's only unnamed output. */
  port?: string;
  /** Condition, an expression. */
  when?: string | ExprValue;
  order?: number;
  name?: string;
  x?: Record<string, unknown>;
}

export interface Variable {
  name: string;
  type: string;
  default?: unknown;
  value?: unknown;
  [field: string]: unknown;
}

/** A text on the canvas; `node` ties it to one. A run ignores it. */
export interface Note {
  id: string;
  text: string;
  node?: string;
  at?: Point;
  size?: Point;
  x?: Record<string, unknown>;
}

/** A named frame round nodes. A run ignores it. */
export interface Group {
  id: string;
  name?: string;
  nodes?: string[];
  x?: Record<string, unknown>;
}

export interface ProcessDocument {
  format: string;
  key: string;
  name: string;
  description?: string;
  appliesTo?: string;
  parameters?: Variable[];
  variables?: Variable[];
  constants?: Variable[];
  nodes: ProcessNode[];
  flows: Flow[];
  layout?: Record<string, LayoutEntry>;
  notes?: Note[];
  groups?: Group[];
  x?: Record<string, unknown>;
  [field: string]: unknown;
}

export const FORMAT = 'fluxo/process@1';

/** Name of the unnamed output port inside the designer; never written into a document. */
export const OUT = 'out';

export function portOf(flow: Pick<Flow, 'port'>): string {
  return flow.port ?? OUT;
}

export function isExpr(value: unknown): value is ExprValue {
  return (
    typeof value === 'object' && value !== null && typeof (value as { expr?: unknown }).expr === 'string'
  );
}

/** The text of a flow's condition, empty when it has none. */
export function conditionOf(flow: Flow): string {
  if (flow.when === undefined) return '';
  return isExpr(flow.when) ? flow.when.expr : String(flow.when);
}

export function emptyDocument(key: string, name: string): ProcessDocument {
  return {
    format: FORMAT,
    key,
    name,
    nodes: [
      { id: 'begin', kind: 'startEvent' },
      { id: 'finish', kind: 'endEvent' },
    ],
    flows: [{ id: 'f1', from: 'begin', to: 'finish' }],
    layout: { begin: { at: [0, 0] }, finish: { at: [320, 0] } },
  };
}
