import { type KindDescriptor, KindTable } from './kinds';
import type { ProcessDocument } from './types';

/** Descriptors as the server would send them, cut down to what tests need. */
export const descriptors: KindDescriptor[] = [
  {
    key: 'userTask',
    kind: 'userTask',
    category: 'people',
    look: 'task',
    icon: 'square-check',
    schema: {
      type: 'object',
      required: ['assignee'],
      properties: { assignee: { title: 'Assignee' }, text: {} },
    },
  },
  {
    key: 'approval',
    kind: 'approval',
    category: 'people',
    look: 'approval',
    icon: 'user-check',
    schema: {
      type: 'object',
      required: ['approvers', 'outcomes'],
      properties: { approvers: {}, text: {}, outcomes: {} },
    },
  },
  {
    key: 'robot:mail.send',
    kind: 'robot',
    robot: 'mail.send',
    category: 'communication',
    look: 'notification',
    icon: 'mail',
    name: 'Send e-mail',
    schema: { type: 'object', required: ['to'], properties: { to: { title: 'To' }, text: {} } },
  },
];

export const kinds = new KindTable(descriptors);

/** The contract process, with its loop, its approval and its boundary timer. */
export function contract(): ProcessDocument {
  return {
    format: 'fluxo/process@1',
    key: 'contract-preparation',
    name: 'Contract preparation',
    nodes: [
      { id: 'begin', kind: 'startEvent' },
      { id: 'draft', kind: 'robot', robot: 'mail.send', name: 'Draft', config: { to: 'a@b.c' } },
      {
        id: 'prepare',
        kind: 'userTask',
        name: 'Prepare',
        config: { assignee: { expr: 'record.responsible' } },
      },
      {
        id: 'late',
        kind: 'boundaryEvent',
        attachedTo: 'prepare',
        interrupting: false,
        trigger: { timer: { after: 'P3D' } },
      },
      { id: 'remind', kind: 'robot', robot: 'mail.send', config: { to: 'h@b.c' } },
      {
        id: 'ok',
        kind: 'approval',
        name: 'Approve',
        config: {
          approvers: [{ expr: 'head(record.responsible)' }],
          outcomes: [{ name: 'approve', positive: true }, { name: 'rework' }, { name: 'reject' }],
        },
      },
      { id: 'won', kind: 'endEvent' },
      { id: 'lost', kind: 'endEvent' },
    ],
    flows: [
      { id: 'f1', from: 'begin', to: 'draft' },
      { id: 'f2', from: 'draft', to: 'prepare' },
      { id: 'f3', from: 'prepare', to: 'ok' },
      { id: 'f4', from: 'ok', port: 'approve', to: 'won' },
      { id: 'f5', from: 'ok', port: 'rework', to: 'prepare' },
      { id: 'f6', from: 'ok', port: 'reject', to: 'lost' },
      { id: 'f7', from: 'late', to: 'remind' },
      { id: 'f8', from: 'remind', to: 'lost' },
    ],
    layout: {
      begin: { at: [0, 0] },
      draft: { at: [300, 0] },
      prepare: { at: [600, 0] },
      ok: { at: [900, 0] },
      won: { at: [1200, 0] },
      lost: { at: [1200, 200] },
      remind: { at: [700, 200] },
    },
  };
}

/** A ladder of `size` tasks in rows of 40, for measurements. */
export function ladder(size: number): ProcessDocument {
  const document: ProcessDocument = {
    format: 'fluxo/process@1',
    key: 'ladder',
    name: 'Ladder',
    nodes: [],
    flows: [],
    layout: {},
  };
  const layout = document.layout as NonNullable<ProcessDocument['layout']>;
  for (let i = 0; i < size; i++) {
    const kind = i === 0 ? 'startEvent' : i === size - 1 ? 'endEvent' : 'userTask';
    document.nodes.push({
      id: `n${i}`,
      kind,
      name: `Step ${i}`,
      config: kind === 'userTask' ? { assignee: 'u1' } : undefined,
    });
    layout[`n${i}`] = { at: [(i % 40) * 300, Math.floor(i / 40) * 140] };
    if (i > 0) document.flows.push({ id: `f${i}`, from: `n${i - 1}`, to: `n${i}` });
    if (i > 3 && i % 3 === 0) document.flows.push({ id: `g${i}`, from: `n${i - 3}`, to: `n${i}` });
  }
  return document;
}
