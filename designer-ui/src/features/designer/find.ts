import { fold } from '@/lib/fold';
import { noteTitle } from '@/lib/process/notes';
import { flatten } from '@/lib/process/scopes';
import type { ProcessDocument, ProcessNode } from '@/lib/process/types';

export const STATES = ['disabled', 'problem', 'modified'] as const;
export type State = (typeof STATES)[number];

/** A search: words that must all be found, and qualifiers such as `kind:approval is:disabled user:ana`. */
export interface Query {
  readonly words: readonly string[];
  readonly kinds: readonly string[];
  readonly is: readonly State[];
  readonly users: readonly string[];
}

/** Undefined when nothing is asked for. */
export function parseQuery(text: string): Query | undefined {
  const words: string[] = [];
  const kinds: string[] = [];
  const is: State[] = [];
  const users: string[] = [];
  for (const [, key, quoted, plain] of text.matchAll(/(?:(kind|is|user):)?(?:"([^"]*)"|(\S+))/gi)) {
    const value = fold((quoted ?? plain ?? '').trim());
    if (value === '') continue;
    const state = STATES.find((candidate) => candidate === value);
    if (key?.toLowerCase() === 'kind') kinds.push(value);
    else if (key?.toLowerCase() === 'user') users.push(value);
    else if (key?.toLowerCase() === 'is' && state) is.push(state);
    // A qualifier that is still being typed narrows nothing yet.
    else if (key?.toLowerCase() !== 'is' && !/^(kind|is|user):?$/.test(value)) words.push(value);
  }
  return words.length + kinds.length + is.length + users.length === 0
    ? undefined
    : { words, kinds, is, users };
}

/** What a search knows about elements besides the document. */
export interface Knowledge {
  readonly name: (id: string) => string;
  readonly kind: (node: ProcessNode) => string;
  readonly problem: (id: string) => boolean;
  readonly modified: (id: string) => boolean;
}

const PEOPLE =
  /^(assignee|assignees|approvers|users?|groups?|people|to|cc|reminder|substitute|responsible)$/i;

/** All texts inside a value. */
function textsOf(value: unknown, into: string[] = []): string[] {
  if (typeof value === 'string' || typeof value === 'number') into.push(String(value));
  else if (Array.isArray(value)) for (const item of value) textsOf(item, into);
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) textsOf(item, into);
  return into;
}

function peopleOf(node: ProcessNode): string {
  const named = Object.entries(node.config ?? {}).filter(([field]) => PEOPLE.test(field));
  return fold(textsOf(named.map(([, value]) => value)).join('\n'));
}

/** Ids of the steps, connections, notes and groups that fit. */
export function findElements(given: ProcessDocument, query: Query, known: Knowledge): string[] {
  const document = flatten(given);
  const has = (text: string): boolean => {
    const folded = fold(text);
    return query.words.every((word) => folded.includes(word));
  };
  const state = (id: string, disabled: boolean): boolean =>
    query.is.every((wanted) =>
      wanted === 'disabled' ? disabled : wanted === 'problem' ? known.problem(id) : known.modified(id),
    );
  const found: string[] = [];
  for (const node of document.nodes) {
    const { nodes: _, flows: __, ...own } = node;
    const kind = fold(`${node.kind} ${node.robot ?? ''} ${known.kind(node)}`);
    if (!query.kinds.every((wanted) => kind.includes(wanted))) continue;
    if (!state(node.id, node.disabled === true)) continue;
    if (query.users.length > 0) {
      const people = peopleOf(node);
      if (!query.users.every((user) => people.includes(user))) continue;
    }
    if (has(`${known.name(node.id)}\n${known.kind(node)}\n${textsOf(own).join('\n')}`)) found.push(node.id);
  }
  // The rest has no kind and no people.
  if (query.kinds.length + query.users.length > 0) return found;
  for (const flow of document.flows) {
    const texts = textsOf([flow.id, flow.name, flow.port, flow.when]).join('\n');
    if (state(flow.id, false) && has(texts) && (query.words.length > 0 || query.is.length > 0))
      found.push(flow.id);
  }
  for (const note of document.notes ?? []) {
    if (state(note.id, false) && has(`${note.id}\n${note.text}\n${noteTitle(note)}`)) found.push(note.id);
  }
  for (const group of document.groups ?? []) {
    if (state(group.id, false) && has(`${group.id}\n${group.name ?? ''}`)) found.push(group.id);
  }
  return found;
}
