import { snapshot, takenIds } from '../document';
import type { KindDescriptor } from '../kinds';
import type { ProcessDocument, ProcessNode } from '../types';

/** `base`, or `base2`, `base3`, ... when it is taken: authors meet ids in expressions, so they stay readable. */
export function freeId(base: string, taken: (id: string) => boolean): string {
  const stem = base.replace(/[^A-Za-z0-9_]/g, '') || 'node';
  if (!taken(stem)) return stem;
  for (let n = 2; ; n++) {
    const id = `${stem}${n}`;
    if (!taken(id)) return id;
  }
}

/** Ids are made from the kind, so that expressions such as `steps.approval.outcome` can be read. */
function idStem(descriptor: KindDescriptor): string {
  const words = (descriptor.robot ?? descriptor.kind).split(/[.\-_]/).filter(Boolean);
  const stem = words
    .map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
  return stem.replace(/Event$/, '');
}

export function newNode(document: ProcessDocument, descriptor: KindDescriptor, name?: string): ProcessNode {
  const taken = takenIds(snapshot(document));
  const node: ProcessNode = {
    id: freeId(idStem(descriptor), (id) => taken.has(id)),
    kind: descriptor.kind,
    ...(descriptor.robot ? { robot: descriptor.robot } : {}),
    ...structuredClone(descriptor.preset ?? {}),
  };
  if (name) node.name = name;
  return node;
}

export function newFlowId(document: ProcessDocument): string {
  const taken = takenIds(snapshot(document));
  return freeId(`f${document.flows.length + 1}`, (id) => taken.has(id));
}
