import { describe, expect, it } from 'vitest';
import { KindTable } from '@/lib/process/kinds';
import { fingerprintOf, isStale, type Pin, pinsOf, setPin } from '@/lib/process/pins';
import type { ProcessDocument } from '@/lib/process/types';
import { answerOf, pinOf, pinsIn, recordingOf, samplePin, staleIn, tooLarge } from './recorded';

const kinds = new KindTable([
  {
    key: 'robot:http.request',
    kind: 'robot',
    robot: 'http.request',
    category: 'integration',
    look: 'robot',
    icon: 'globe',
    results: [{ name: 'status', type: 'number' }],
  },
]);

const call = { id: 'call', kind: 'robot', robot: 'http.request', config: { url: 'https://example.com' } };
const ask = {
  id: 'ask',
  kind: 'requestInformation',
  config: { form: [{ name: 'weight', type: 'number', required: true }] },
};
const process: ProcessDocument = {
  format: 'fluxo/process@1',
  key: 'p',
  name: 'P',
  nodes: [call, ask],
  flows: [],
};
const answer = (node: string, more = {}) => ({
  run: 'r1',
  node,
  version: 1,
  at: '2026-01-05T09:00:00Z',
  ...more,
});

describe('test data', () => {
  it('is stale when the step means something else, not when it is moved or renamed', () => {
    const of = fingerprintOf(call);
    expect(isStale({ ...call, name: 'Ask the server', parent: 'sub' }, of)).toBe(false);
    expect(isStale({ ...call, config: { url: 'https://example.org' } }, of)).toBe(true);
    expect(fingerprintOf({ ...call, config: { b: 1, a: [2] } })).toBe(
      fingerprintOf({ ...call, config: { a: [2], b: 1 } }),
    );
    expect(isStale(call, undefined)).toBe(false);
  });

  it('is kept in the document, and leaves it with the last', () => {
    const document = { ...process };
    setPin(document, 'call', { result: { status: 404 } });
    setPin(document, 'ask', { outcome: 'refused' });
    expect(Object.keys(pinsOf(document))).toEqual(['call', 'ask']);
    setPin(document, 'call', undefined);
    setPin(document, 'ask', undefined);
    expect(document).toEqual(process);
  });

  it('begins with values that fit, and has a limit', () => {
    expect(samplePin(process, kinds, 'call')).toEqual({ result: { status: 1 }, of: fingerprintOf(call) });
    expect(samplePin(process, kinds, 'ask')).toMatchObject({ result: { weight: 1 } });
    expect(tooLarge({ result: { text: 'x'.repeat(300_000) } })).toBe(true);
  });
});

describe('the answer of a step', () => {
  const recorded = recordingOf(
    'yesterday',
    [
      answer('call', { result: { status: 200 } }),
      answer('call', { result: { status: 500 }, hidden: ['/result/token'] }),
      answer('ask', { outcome: 'refused', result: { comment: 'no scales' } }),
    ],
    new Map([[1, { ...process, nodes: [{ ...call, config: {} }, ask] }]]),
  );
  const pinned = { ...process, pins: { call: { result: { status: 404 } } satisfies Pin } };

  it('is its pin, else what was recorded of its visit, else made up', () => {
    const by = (document: ProcessDocument, visit: number, pins = true) =>
      answerOf(document, kinds, 'call', visit, { pins, recorded });
    expect(by(pinned, 0)).toEqual({ reply: { result: { status: 404 } }, source: 'pin' });
    expect(by(pinned, 0, false)).toEqual({ reply: { result: { status: 200 } }, source: 'run' });
    expect(by(process, 1).reply).toEqual({ result: { status: 500 } });
    expect(by(process, 7).reply).toEqual({ result: { status: 500 } });
    expect(answerOf(process, kinds, 'call', 0, { pins: true })).toEqual({
      reply: { result: { status: 1 } },
      source: 'sample',
    });
  });

  it('can throw an error', () => {
    const failing = { ...process, pins: { call: { error: 'gone' } } };
    expect(answerOf(failing, kinds, 'call', 0, { pins: true }).reply).toEqual({ error: 'gone' });
    expect(pinOf(process, 'call', { node: 'call', error: 'gone' })).toEqual({
      error: 'gone',
      of: fingerprintOf(call),
    });
  });

  it('is stale where the step was changed since the run', () => {
    expect([...staleIn(process, recorded)]).toEqual(['call']);
    expect(staleIn(process, undefined).size).toBe(0);
  });

  it('becomes test data, the latest of each step', () => {
    const pins = pinsIn(process, recorded);
    expect(pins.call).toMatchObject({ result: { status: 500 }, run: 'r1', at: '2026-01-05T09:00:00Z' });
    expect(pins.call).not.toHaveProperty('hidden');
    expect(pins.ask).toMatchObject({ outcome: 'refused', of: fingerprintOf(ask) });
  });
});
