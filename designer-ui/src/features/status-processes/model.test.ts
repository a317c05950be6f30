import { describe, expect, it } from 'vitest';
import {
  find,
  firstContent,
  isLast,
  linksOf,
  mayPlace,
  newStep,
  place,
  placeOf,
  remove,
  shift,
} from './model';

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

  it('take a step from one list to another', () => {
    const made = content();
    const [draft, review] = made.statuses;
    const submit = draft?.commands[0];
    const step = submit?.steps[0];
    if (!draft || !review || !submit || !step) throw new Error('the first content has changed');
    const mail = newStep('notification.send', {});
    review.entry.push(mail);
    place(made, mail.id, { status: draft.id, kind: 'command', of: submit.id }, step.id);
    expect([review.entry, submit.steps.map(({ id }) => id)]).toEqual([[], [mail.id, step.id]]);
    place(made, mail.id, { status: draft.id, kind: 'command', of: submit.id });
    expect(submit.steps.map(({ id }) => id)).toEqual([step.id, mail.id]);
    place(made, mail.id, { status: draft.id, kind: 'exit' });
    expect(draft.exit).toEqual([mail]);
    expect(mayPlace(made, step.id, { status: draft.id, kind: 'exit' })).toBe(false);
    place(made, step.id, { status: draft.id, kind: 'exit' });
    expect(draft.exit).toEqual([mail]);
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
