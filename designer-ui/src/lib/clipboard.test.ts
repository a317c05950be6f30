import { describe, expect, it } from 'vitest';
import { readPaste, writeSteps } from './clipboard';
import { pickSteps } from './process/edits';
import { contract, kinds } from './process/fixtures';

describe('clipboard', () => {
  it('round-trips steps with inner flows and boundary events', () => {
    const text = writeSteps(pickSteps(contract(), kinds, ['prepare', 'ok']));
    const pasted = readPaste(text);
    if (pasted.kind !== 'steps') throw new Error(`read as ${pasted.kind}`);
    expect(pasted.steps.nodes.map((node) => node.id)).toEqual(['prepare', 'late', 'ok']);
    expect(pasted.steps.flows.map((flow) => flow.id)).toEqual(['f3', 'f5']);
    expect(pasted.steps.layout.prepare).toEqual({ at: [600, 0] });
  });

  it('recognises a whole exported definition', () => {
    expect(readPaste(JSON.stringify(contract())).kind).toBe('document');
  });

  it.each([
    ['plain text', 'hello', { kind: 'other' }],
    ['foreign JSON', '{"kind":"n8n"}', { kind: 'other' }],
    ['broken JSON', '{"kind":"designer/steps@1",', { kind: 'malformed', reason: 'json' }],
    ['no nodes', '{"kind":"designer/steps@1","nodes":[]}', { kind: 'malformed', reason: 'nodes' }],
    [
      'a node without kind',
      '{"kind":"designer/steps@1","nodes":[{"id":"a"}]}',
      { kind: 'malformed', reason: 'nodes' },
    ],
    [
      'an edge into nothing',
      '{"kind":"designer/steps@1","nodes":[{"id":"a","kind":"userTask"}],"edges":[{"id":"f","from":"a","to":"b"}]}',
      { kind: 'malformed', reason: 'edges' },
    ],
  ])('says what %s is', (_, text, expected) => {
    expect(readPaste(text)).toEqual(expected);
  });
});
