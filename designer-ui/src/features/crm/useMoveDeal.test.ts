import { describe, expect, it } from 'vitest';
import type { Board, DealCard, Stage } from './types';
import { withMoved } from './useMoveDeal';

const stage = (id: string): Stage => ({ id, name: id, color: '#1d5fd1', kind: 'normal' });
const deal = (id: string, amount: number, currency = 'PLN'): DealCard => ({
  id,
  type: 'deal',
  rev: 1,
  title: id,
  stageId: 'new',
  stageSince: '2026-01-01T00:00:00.000Z',
  expectedCloseAt: null,
  amount,
  currency,
});
const board = (): Board => ({
  pipeline: {
    id: 'sales',
    rev: 1,
    key: 'sales',
    name: 'Sales',
    type: 'deal',
    createdAt: null,
    updatedAt: null,
    stages: [stage('new'), stage('won')],
  },
  columns: [
    {
      stage: stage('new'),
      count: 2,
      sum: { amount: 300, currency: 'PLN' },
      sums: [{ amount: 300, currency: 'PLN' }],
      records: [deal('a', 100), deal('b', 200)],
    },
    {
      stage: stage('won'),
      count: 1,
      sum: { amount: 50, currency: 'EUR' },
      sums: [{ amount: 50, currency: 'EUR' }],
      records: [{ ...deal('c', 50, 'EUR'), stageId: 'won' }],
    },
  ],
});

describe('moving a deal before the server has answered', () => {
  it('carries the deal, the count and the money of its currency to the other column', () => {
    const moved = withMoved(board(), deal('a', 100), stage('won'));
    const [from, to] = moved.columns;
    expect(from?.records.map(({ id }) => id)).toEqual(['b']);
    expect(from?.count).toBe(1);
    expect(from?.sums).toEqual([{ amount: 200, currency: 'PLN' }]);
    expect(to?.records.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(to?.records[0]?.stageId).toBe('won');
    expect(to?.count).toBe(2);
    expect(to?.sums).toEqual([
      { amount: 50, currency: 'EUR' },
      { amount: 100, currency: 'PLN' },
    ]);
  });

  it('leaves the board that was there untouched, so that a refusal can bring it back', () => {
    const before = board();
    withMoved(before, deal('a', 100), stage('won'));
    expect(before).toEqual(board());
  });

  it('drops a currency that no deal of the column has any more', () => {
    const once = withMoved(board(), deal('a', 100), stage('won'));
    const twice = withMoved(once, deal('b', 200), stage('won'));
    expect(twice.columns[0]?.sums).toEqual([]);
  });
});
