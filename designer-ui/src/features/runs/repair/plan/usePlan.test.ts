// @vitest-environment jsdom
import { act, renderHook } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { changesOf, usePlan, wishOf } from './usePlan';

describe('a plan', () => {
  it('keeps its changes in order, takes a target from the diagram, and can be changed', () => {
    const { result } = renderHook(() => usePlan());
    expect(result.current.plan).toBeUndefined();
    act(() => result.current.begin());
    const plan = () => {
      if (!result.current.plan) throw new Error('nobody collects');
      return result.current.plan;
    };
    act(() => plan().edit(plan().fresh({ action: 'move', node: 'a' })));
    expect(plan().takes('a')).toBe(false);
    act(() => expect(plan().takes('b')).toBe(true));
    act(() => plan().form && plan().put(plan().form as never));
    expect(plan().form).toBeUndefined();
    expect(plan().takes('c')).toBe(false);
    act(() => plan().put(plan().fresh({ action: 'retry', incident: 'i' }, 'c')));
    const [first, second] = plan().items;
    expect(plan().items.map(({ wish }) => wish.action)).toEqual(['move', 'retry']);
    act(() => plan().move(second?.key ?? 0, -1));
    expect(plan().items.map(({ wish }) => wish.action)).toEqual(['retry', 'move']);
    act(() => plan().move(second?.key ?? 0, -1));
    act(() => plan().remove(second?.key ?? 0));
    expect(wishOf(plan().items, 'why')).toEqual({
      action: 'plan',
      reason: 'why',
      steps: [{ action: 'move', node: 'a', to: 'b', flow: undefined, port: undefined }],
    });
    expect(plan().items[0]?.key).toBe(first?.key);
    act(() => result.current.end());
    expect(result.current.plan).toBeUndefined();
  });

  it('marks where tokens come and go', () => {
    const changes = changesOf([
      { key: 1, wish: { action: 'move', node: 'a', to: 'b' } },
      { key: 2, wish: { action: 'place', node: 'a' } },
      { key: 3, wish: { action: 'cancelScope', scope: 's' }, at: 'sub' },
      { key: 4, wish: { action: 'setVariables', variables: { n: 1 } } },
      { key: 5, wish: { action: 'fire', node: 'j' }, at: 'j' },
    ]);
    expect([...changes]).toEqual([
      ['a', 'changed'],
      ['b', 'added'],
      ['sub', 'removed'],
      ['j', 'changed'],
    ]);
  });
});
