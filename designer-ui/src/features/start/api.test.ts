import { describe, expect, it } from 'vitest';
import { startedByHand } from '@/lib/process/starts';
import { emptyDocument, type ProcessDocument } from '@/lib/process/types';
import { parameterDefaults, parametersSchema } from './api';

const begun = (trigger?: unknown): ProcessDocument => {
  const document = emptyDocument('k', 'K');
  const [begin, ...others] = document.nodes;
  return { ...document, nodes: [{ ...begin, ...(trigger ? { trigger } : {}) } as never, ...others] };
};

describe('starting by hand', () => {
  it('needs a start event for people', () => {
    expect(startedByHand(begun())).toBe(true);
    expect(startedByHand(begun({ on: 'manual' }))).toBe(true);
    expect(startedByHand(begun({ on: 'stageEntered', stage: 'won' }))).toBe(false);
  });

  it('asks for what the process declares', () => {
    const schema = parametersSchema({
      ...begun(),
      parameters: [
        { name: 'urgent', type: 'boolean', label: 'Urgent', required: true },
        { name: 'kind', type: 'string', options: ['a', 'b'], required: true, default: 'a' },
      ],
      variables: [{ name: 'inner', type: 'string' }],
    });
    expect(Object.keys(schema.properties ?? {})).toEqual(['urgent', 'kind']);
    expect(schema.properties?.urgent?.title).toBe('Urgent');
    expect(schema.required).toEqual(['urgent']);
  });

  it('begins with the defaults', () => {
    const parameters = [
      { name: 'urgent', type: 'boolean' },
      { name: 'days', type: 'integer', default: 0 },
    ];
    expect(parameterDefaults({ ...begun(), parameters })).toEqual({ days: 0 });
  });
});
