import { describe, expect, it } from 'vitest';
import { alignWith } from './guides';

const card = (x: number, y: number) => ({ x, y, width: 220, height: 64 });
const circle = (x: number, y: number) => ({ x, y, width: 64, height: 64 });

describe('alignment lines', () => {
  it('pull a side or the middle into line and show with what', () => {
    const { dx, dy, guides } = alignWith(card(103, 300), [card(100, 0), card(100, 600)], 6);
    expect([dx, dy]).toEqual([-3, 0]);
    expect(guides).toEqual([{ axis: 'x', at: 100, from: 0, to: 664 }]);
    // Middles of different sizes meet.
    expect(alignWith(circle(180, 300), [card(100, 0)], 6).dx).toBe(-2);
  });

  it('hold both axes at once', () => {
    const { dx, dy, guides } = alignWith(card(404, 5), [card(0, 0), card(400, 200)], 6);
    expect([dx, dy]).toEqual([-4, -5]);
    expect(guides.map(({ axis }) => axis)).toEqual(['x', 'y']);
  });

  it('leave alone what is out of reach', () => {
    expect(alignWith(card(110, 300), [card(100, 0)], 6)).toEqual({ dx: 0, dy: 0, guides: [] });
  });
});
