import { randomId } from '@/lib/ids';
import type { Command, Content, Delay, Status, Step } from './api';

/** The step that brings the process to another status. */
export const SET_STATUS = 'status.set';

/** Colours of new statuses, by turns. */
export const COLORS = [
  '#5b6bd6',
  '#1d8fd1',
  '#0f9d8a',
  '#3f9b3a',
  '#c98a00',
  '#d1571d',
  '#b8408f',
  '#6b7280',
];

/** The lists of steps of a status that people fill. */
export type HandlerKind = 'entry' | 'exit' | 'command' | 'delay';

/** Where a list of steps stands. */
export interface Handler {
  readonly kind: HandlerKind;
  readonly status: Status;
  /** The command or the delay whose steps they are. */
  readonly of?: Command | Delay;
  readonly steps: Step[];
}

/** Something that can be opened: a status, a command, a delay or a step. */
export type Found =
  | { readonly what: 'status'; readonly status: Status }
  | { readonly what: 'command'; readonly status: Status; readonly command: Command }
  | { readonly what: 'delay'; readonly status: Status; readonly delay: Delay }
  | { readonly what: 'step'; readonly status: Status; readonly step: Step; readonly handler: Handler };

export const newId = (): string => `x${randomId(8)}`;

export function newStatus(content: Content, name: string): Status {
  const color = COLORS[content.statuses.length % COLORS.length] as string;
  return { id: newId(), name, color, entry: [], exit: [], commands: [], delays: [] };
}

export const newStep = (robot: string, config: Record<string, unknown> = {}): Step => ({
  id: newId(),
  robot,
  config,
});

export const setsStatus = (status: string): Step => newStep(SET_STATUS, { status });

/** A template to begin with: a request that is decided. */
export function firstContent(
  name: string,
  words: Record<'draft' | 'review' | 'done' | 'submit' | 'approve' | 'rework', string>,
): Content {
  const [draft, review, done] = ['draft', 'review', 'done'].map(
    (id, at): Status => ({
      id,
      name: words[id as 'draft'],
      color: COLORS[[7, 4, 3][at] as number] as string,
      entry: [],
      exit: [],
      commands: [],
      delays: [],
    }),
  ) as [Status, Status, Status];
  draft.commands.push({ id: newId(), name: words.submit, steps: [setsStatus('review')] });
  review.commands.push(
    { id: newId(), name: words.approve, steps: [setsStatus('done')] },
    { id: newId(), name: words.rework, steps: [setsStatus('draft')] },
  );
  return { name, initial: 'draft', start: { byHand: true }, statuses: [draft, review, done] };
}

/** All lists of steps of a status. */
export const handlersOf = (status: Status): Handler[] => [
  { kind: 'entry', status, steps: status.entry },
  ...status.commands.map((of): Handler => ({ kind: 'command', status, of, steps: of.steps })),
  ...status.delays.map((of): Handler => ({ kind: 'delay', status, of, steps: of.steps })),
  { kind: 'exit', status, steps: status.exit },
];

export function find(content: Content, id: string | undefined): Found | undefined {
  if (!id) return undefined;
  for (const status of content.statuses) {
    if (status.id === id) return { what: 'status', status };
    for (const command of status.commands) if (command.id === id) return { what: 'command', status, command };
    for (const delay of status.delays) if (delay.id === id) return { what: 'delay', status, delay };
    for (const handler of handlersOf(status))
      for (const step of handler.steps) if (step.id === id) return { what: 'step', status, step, handler };
  }
  return undefined;
}

const listWith = (content: Content, id: string): { id: string }[] | undefined => {
  if (content.statuses.some((status) => status.id === id)) return content.statuses;
  const found = find(content, id);
  if (found?.what === 'command') return found.status.commands;
  if (found?.what === 'delay') return found.status.delays;
  return found?.what === 'step' ? found.handler.steps : undefined;
};

export function remove(content: Content, id: string): void {
  const list = listWith(content, id);
  const at = list?.findIndex((entry) => entry.id === id) ?? -1;
  if (at < 0) return;
  list?.splice(at, 1);
  // Another one is the first then.
  if (content.initial === id) content.initial = content.statuses[0]?.id ?? '';
}

export function shift(content: Content, id: string, by: -1 | 1): void {
  const list = listWith(content, id);
  const at = list?.findIndex((entry) => entry.id === id) ?? -1;
  const to = at + by;
  if (!list || at < 0 || to < 0 || to >= list.length) return;
  const [entry] = list.splice(at, 1);
  if (entry) list.splice(to, 0, entry);
}

/** A list of steps: of the entry or the exit of a status, or of one of its commands or delays. */
export type Place = { status: string; kind: Handler['kind']; of?: string };

export const placeOfHandler = ({ status, kind, of }: Handler): Place => ({
  status: status.id,
  kind,
  ...(of && { of: of.id }),
});

/** True where a step may be put: leaving a status sets no other one. */
export const mayPlace = (content: Content, id: string, into: Place): boolean => {
  const found = find(content, id);
  return found?.what === 'step' && !(into.kind === 'exit' && found.step.robot === SET_STATUS);
};

/** Puts a step into a list, in front of another one or at the end. */
export function place(content: Content, id: string, into: Place, before?: string): void {
  const found = find(content, id);
  const target = content.statuses
    .filter((status) => status.id === into.status)
    .flatMap(handlersOf)
    .find((handler) => handler.kind === into.kind && handler.of?.id === into.of);
  if (found?.what !== 'step' || !target || before === id || !mayPlace(content, id, into)) return;
  found.handler.steps.splice(found.handler.steps.indexOf(found.step), 1);
  const at = target.steps.findIndex((step) => step.id === before);
  target.steps.splice(at < 0 ? target.steps.length : at, 0, found.step);
}

export const mayShift = (content: Content, id: string, by: -1 | 1): boolean => {
  const list = listWith(content, id);
  const to = (list?.findIndex((entry) => entry.id === id) ?? -1) + by;
  return to >= 0 && to < (list?.length ?? 0);
};

/** How statuses lead to one another. */
export interface Link {
  readonly from: string;
  readonly to: string;
  /** Handlers that set the status. */
  readonly by: readonly Handler[];
}

export function linksOf(content: Content): Link[] {
  const links = new Map<string, { from: string; to: string; by: Handler[] }>();
  for (const status of content.statuses)
    for (const handler of handlersOf(status))
      for (const step of handler.steps) {
        const to = step.config.status;
        if (step.robot !== SET_STATUS || step.disabled || typeof to !== 'string') continue;
        const link = links.get(`${status.id} ${to}`) ?? { from: status.id, to, by: [] };
        if (!link.by.includes(handler)) link.by.push(handler);
        links.set(`${status.id} ${to}`, link);
      }
  return [...links.values()];
}

/** A status in which a process is done: nothing of it can happen any more. */
export const isLast = (content: Content, status: Status): boolean =>
  status.commands.length === 0 &&
  status.delays.length === 0 &&
  !linksOf(content).some(({ from }) => from === status.id);

/** What a pointer of the server is about, and where in that. */
export function placeOf(content: Content, path: string): { id: string; path: string } | undefined {
  let at: unknown = content;
  let place: { id: string; path: string } | undefined;
  const parts = path.split('/').slice(1);
  for (const [i, part] of parts.entries()) {
    at = (at as Record<string, unknown> | undefined)?.[part];
    const id = (at as { id?: unknown } | undefined)?.id;
    if (typeof id === 'string')
      place = {
        id,
        path: parts
          .slice(i + 1)
          .map((rest) => `/${rest}`)
          .join(''),
      };
    else if (part === 'config') break;
  }
  return place;
}

/** What is edited of a template, without what the server adds. */
export function contentOf(template: Content): Content {
  const { name, description, disabled, initial, start, statuses } = template;
  const steps = (list: Step[] | null | undefined): Step[] =>
    (list ?? []).map((step) => ({ ...step, config: step.config ?? {} }));
  return {
    name,
    ...(description ? { description } : {}),
    ...(disabled ? { disabled } : {}),
    initial,
    start,
    statuses: statuses.map((status) => ({
      ...status,
      entry: steps(status.entry),
      exit: steps(status.exit),
      commands: (status.commands ?? []).map((command) => ({ ...command, steps: steps(command.steps) })),
      delays: (status.delays ?? []).map((delay) => ({ ...delay, steps: steps(delay.steps) })),
    })),
  };
}
