import { describe, expect, it } from 'vitest';
import { find, firstContent, isLast, linksOf, placeOf, remove, shift } from './model';

const words = {
  draft: 'Draft',
  review: 'In review',
  done: 'Done',
  submit: 'Submit',
  approve: 'Approve',
  rework: 'Back',
};
const content = () => firstContent('Request', words);

describe('status templates', () => {
  it('tell how statuses lead to one another', () => {
    const made = content();
    expect(linksOf(made).map(({ from, to, by }) => [from, to, by.map(({ of }) => of?.name)])).toEqual([
      ['draft', 'review', ['Submit']],
      ['review', 'done', ['Approve']],
      ['review', 'draft', ['Back']],
    ]);
    expect(made.statuses.map((status) => isLast(made, status))).toEqual([false, false, true]);
  });

  it('find what a pointer of the server is about', () => {
    const made = content();
    const step = made.statuses[1]?.commands[0]?.steps[0];
    expect(placeOf(made, '/statuses/1/commands/0/steps/0/config/status')).toEqual({
      id: step?.id,
      path: '/config/status',
    });
    expect(placeOf(made, '/statuses/2/name')).toEqual({ id: 'done', path: '/name' });
    expect(placeOf(made, '/initial')).toBeUndefined();
  });

  it('move and remove, and always have a status to begin in', () => {
    const made = content();
    shift(made, 'draft', 1);
    expect(made.statuses.map(({ id }) => id)).toEqual(['review', 'draft', 'done']);
    shift(made, 'review', -1);
    expect(made.statuses.map(({ id }) => id)).toEqual(['review', 'draft', 'done']);
    remove(made, 'draft');
    expect(made.initial).toBe('review');
    expect(find(made, 'draft')).toBeUndefined();
  });
});
