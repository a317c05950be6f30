import { describe, expect, it } from 'vitest';
import type { Mover } from '../repair/api';
import { headline } from './headline';

const mover = (kind: string, more: Partial<Mover> = {}) => ({ kind, dueAt: null, ...more }) as Mover;
const marta = mover('task', { people: [{ id: 'marta', name: 'Marta' }] });

describe('headline', () => {
  it('names the person before the timer of the task', () => {
    expect(headline({ verdict: 'moving', movers: [marta, mover('timer')] })).toEqual([
      'outlook.person',
      { names: 'Marta' },
    ]);
  });
  it('knows tasks of nobody by name', () => {
    expect(headline({ verdict: 'waiting', movers: [mover('task')] })).toEqual(['outlook.somebody']);
  });
  it('asks for an operator at an incident', () => {
    expect(
      headline({ verdict: 'stuck', movers: [mover('incident', { hopeless: 'incident' }), marta] }),
    ).toEqual(['outlook.operator']);
  });
  it('goes on by itself while a robot works or only a time is awaited', () => {
    expect(headline({ verdict: 'moving', movers: [mover('effect'), marta] })).toEqual(['outlook.moving']);
    expect(headline({ verdict: 'moving', movers: [mover('timer')] })).toEqual(['outlook.moving']);
  });
  it('leaves what is held and what has ended', () => {
    expect(headline({ verdict: 'held', movers: [marta] })).toEqual(['outlook.held']);
  });
});
