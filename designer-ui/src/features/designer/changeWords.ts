import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { durationText, kindName, outcomeLabel, portLabel, timerText } from '@/canvas';
import { pipelinesQuery } from '@/features/crm/queries';
import { useWho } from '@/features/forms/roles';
import { type JsonSchema, optionsOf } from '@/features/forms/schema';
import { indexOf } from '@/lib/process/document';
import type { ConfigSchema, KindTable } from '@/lib/process/kinds';
import { equal } from '@/lib/process/patches';
import { flatten } from '@/lib/process/scopes';
import { isExpr, type ProcessDocument, type ProcessNode } from '@/lib/process/types';
import { configPlace, type DesignerT, elementName } from './texts';

/** A field of an element, as changes name it: of the process itself where the element has no id. */
export interface Place {
  readonly element: 'node' | 'flow' | 'process';
  readonly id: string;
  readonly path: readonly string[];
}

interface ChangeWords {
  /** What the panel calls the field; the key where it has no name. */
  readonly field: (place: Place) => string;
  /**
   * Values of the field as people know them: names instead of ids, choices by their labels. Different values are told
   * apart: as they are written where the words would be the same.
   */
  readonly values: <const T extends readonly unknown[]>(
    place: Place,
    values: T,
  ) => { -readonly [K in keyof T]: string };
}

/** Names of fields outside the settings of a step, each where the panel has it. */
const FIELDS: Readonly<Record<string, string>> = {
  name: 'inspector.name',
  description: 'inspector.description',
  attachedTo: 'inspector.attachedTo',
  interrupting: 'inspector.interrupting',
  trigger: 'event.waitsFor',
  effect: 'event.does',
  'trigger.on': 'event.waitsFor',
  'trigger.stage': 'changes.field.stage',
  'trigger.pipeline': 'changes.field.pipeline',
  'trigger.when': 'trigger.when',
  'trigger.fields': 'trigger.fields',
  'trigger.zone': 'trigger.zone',
  'trigger.cron': 'trigger.schedule',
  'trigger.form': 'trigger.form',
  'trigger.timer': 'trigger.timer',
  'trigger.timer.after': 'timer.after',
  'trigger.timer.at': 'timer.at',
  'trigger.timer.every': 'timer.every',
  'trigger.timer.before': 'timer.beforeBy',
  'trigger.message': 'trigger.message',
  'trigger.signal': 'trigger.signal',
  'trigger.error': 'trigger.error',
  'trigger.conditional': 'event.condition',
  'effect.message': 'event.message',
  'effect.signal': 'event.signal',
  'effect.error': 'event.error',
  'effect.wait': 'event.wait',
  from: 'changes.field.from',
  to: 'changes.field.to',
  port: 'changes.field.port',
  order: 'changes.field.order',
  when: 'flow.condition',
  default: 'flow.default',
  disabled: 'changes.field.disabled',
  parent: 'changes.field.parent',
  kind: 'changes.field.kind',
  robot: 'changes.field.kind',
  loop: 'repeat.loop',
  each: 'repeat.each',
  need: 'quantity.need',
  needs: 'quantity.needs',
  gives: 'quantity.gives',
  handler: 'event.handler',
  policy: 'changes.field.policy',
  appliesTo: 'process.appliesTo',
  parameters: 'process.parameters',
  variables: 'process.variables',
  constants: 'changes.field.constants',
  scenarios: 'changes.field.scenarios',
  pins: 'pin.title',
};

/** Fields whose values are ids of steps. */
const STEPS = new Set(['from', 'to', 'attachedTo', 'parent', 'handler']);
const PEOPLE = new Set(['performer-picker', 'user-picker', 'group-picker']);

const written = (value: unknown): string =>
  value === null || value === undefined
    ? '–'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value, null, 2);

/** The field of an element by the longest known beginning of its path, and what is left as it is written. */
function nameOf(t: DesignerT, path: readonly string[]): string {
  for (let length = path.length; length > 0; length--) {
    const key = FIELDS[path.slice(0, length).join('.')];
    if (key) return [t(key as 'inspector.name'), ...path.slice(length)].join(' › ');
  }
  return (path[0] === 'config' ? path.slice(1) : path).join(' › ');
}

/** Says changes between two states of a process as the panel would. */
export function useChangeWords(base: ProcessDocument, next: ProcessDocument, kinds: KindTable): ChangeWords {
  const { t, i18n } = useTranslation('designer');
  const people = useWho(useQuery(directoryQuery).data, { gone: true });
  const pipelines = useQuery(pipelinesQuery).data?.items ?? [];
  const language = i18n.language;
  const nodeOf = (id: string): ProcessNode | undefined =>
    indexOf(flatten(next)).nodes.get(id) ?? indexOf(flatten(base)).nodes.get(id);
  const place = ({ element, id, path }: Place) => {
    const node = element === 'node' ? nodeOf(id) : undefined;
    return path[0] === 'config' && node ? configPlace(kinds, node, path.slice(1)) : undefined;
  };
  const step = (id: string): string => {
    const known = indexOf(flatten(next)).nodes.has(id) ? next : base;
    return elementName(t, kinds, language, flatten(known), id);
  };
  const stage = (id: string): string =>
    pipelines.flatMap(({ stages }) => stages).find((one) => one.id === id)?.name ?? id;
  const pipeline = (id: string): string =>
    pipelines.find((one) => one.id === id || one.key === id)?.name ?? id;

  const text = (at: Place, schema: ConfigSchema | undefined, value: string): string => {
    const [root = '', ...rest] = at.path;
    const last = at.path.at(-1) ?? '';
    if (rest.length === 0 && STEPS.has(root)) return step(value);
    if (root === 'kind') return kindName(t, kinds, { id: '', kind: value });
    if (root === 'robot') return kindName(t, kinds, { id: '', kind: 'robot', robot: value });
    if (root === 'default') return elementName(t, kinds, language, flatten(next), value);
    if (root === 'trigger' && last === 'on')
      return t(`trigger.${value}` as 'trigger.manual', { defaultValue: value });
    if (root === 'port') {
      const flow = indexOf(flatten(next)).flows.get(at.id) ?? indexOf(flatten(base)).flows.get(at.id);
      return portLabel(t, flow && nodeOf(flow.from)?.config?.outcomes, value);
    }
    const widget = String(schema?.['x-widget'] ?? '');
    if (PEOPLE.has(widget)) return people.named(value.replace(/^(user|group):/, ''));
    if (widget === 'outcome-picker') return outcomeLabel(nodeOf(at.id)?.config?.outcomes, value);
    if (widget === 'stage-picker' || last === 'stage') return stage(value);
    if (widget === 'pipeline-picker' || last === 'pipeline') return pipeline(value);
    const chosen = schema && optionsOf(schema as JsonSchema, language)?.find((one) => one.value === value);
    return chosen?.label ?? durationText(language, value);
  };
  const say = (at: Place, schema: ConfigSchema | undefined, value: unknown): string => {
    if (value === null || value === undefined || value === '') return '–';
    if (isExpr(value)) return value.expr;
    if (typeof value === 'boolean') return t(value ? 'builder.yes' : 'builder.no');
    if (typeof value === 'string') return text(at, schema, value);
    if (Array.isArray(value)) return value.map((item) => say(at, schema, item)).join(', ') || '–';
    if (typeof value !== 'object') return String(value);
    const { label, title, name } = value as Record<string, unknown>;
    for (const called of [label, title, name]) if (typeof called === 'string' && called) return called;
    const time = timerText(t, language, value) || timerText(t, language, { after: value });
    if (time) return time;
    const parts = Object.entries(value).map(([key, part]) => {
      const inner = { ...at, path: [...at.path, key] };
      const { titles, schema: own } = place(inner) ?? {
        titles: [],
        schema: undefined,
      };
      return `${titles.at(-1) ?? nameOf(t, inner.path).split(' › ').at(-1)}: ${say(inner, own, part)}`;
    });
    return parts.join('; ') || '–';
  };
  return {
    field: (at) => place(at)?.titles.join(' › ') || nameOf(t, at.path),
    values: (at, values) => {
      const schema = place(at)?.schema;
      const said = values.map((value) => say(at, schema, value));
      const alike = values.some((value, i) =>
        values.some((other, j) => j > i && said[i] === said[j] && !equal(value ?? null, other ?? null)),
      );
      return (alike ? values.map(written) : said) as never;
    },
  };
}
