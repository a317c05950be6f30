import { describe, expect, test } from 'vitest';
import type { Robot, Rules, Trigger } from './api';
import { impactOf } from './impact';

const robot = (
  id: string,
  kind: string,
  config: Record<string, unknown>,
  rest: Partial<Robot> = {},
): Robot => ({
  id,
  robot: kind,
  config,
  timing: { mode: 'immediate' },
  ...rest,
});
const trigger = (
  id: string,
  type: string,
  config: Record<string, unknown>,
  rest: Partial<Trigger> = {},
): Trigger => ({
  id,
  type,
  config,
  ...rest,
});

function rules(stages: Record<string, (Robot | Trigger)[]>): Rules {
  return {
    stages: Object.entries(stages).map(([stage, entries]) => ({
      stage,
      robots: entries.filter((entry): entry is Robot => 'robot' in entry),
      triggers: entries.filter((entry): entry is Trigger => !('robot' in entry)),
    })),
  };
}

// covers U-35
describe('the impact of all rules of a pipeline', () => {
  test('finds records that go round by themselves', () => {
    const impact = impactOf(
      rules({
        new: [robot('a', 'record.setStage', { stage: 'offer' })],
        offer: [
          robot('b', 'record.setStage', { stage: 'won' }),
          robot('c', 'record.setStage', { stage: 'new' }),
        ],
        won: [],
      }),
    );
    expect(impact.moves.map(({ id, from, to, loop }) => [id, from, to, loop])).toEqual([
      ['a', 'new', 'offer', true],
      ['b', 'offer', 'won', false],
      ['c', 'offer', 'new', true],
    ]);
    expect([...impact.looping]).toEqual(['new', 'offer']);
  });

  test('what is off does nothing, and a computed target is not guessed', () => {
    const impact = impactOf(
      rules({
        new: [robot('a', 'record.setStage', { stage: 'offer' }, { disabled: true })],
        offer: [robot('b', 'record.setStage', { stage: { expr: 'vars.next' } })],
      }),
    );
    expect(impact.moves).toEqual([]);
    expect(impact.unknown.map(({ entry }) => entry.id)).toEqual(['b']);
  });

  test('a changed field sets off the trigger that watches it', () => {
    const sets = robot('a', 'record.setFields', { fields: [{ field: 'amount', value: 1 }] });
    const back = (config: Record<string, unknown>, rest: Partial<Trigger>) =>
      impactOf(
        rules({
          new: [trigger('t', 'fieldsChanged', { fields: ['amount'], ...config }, rest)],
          offer: [sets],
          late: [robot('m', 'record.setStage', { stage: 'offer' })],
        }),
      );
    expect([...back({}, { allowBack: true }).looping]).toEqual([]);
    expect([...back({ byProcesses: true }, {}).looping]).toEqual([]);
    const round = impactOf(
      rules({
        new: [
          trigger('t', 'fieldsChanged', { fields: ['amount'], byProcesses: true }, { allowBack: true }),
          robot('m', 'record.setStage', { stage: 'offer' }),
        ],
        offer: [sets],
      }),
    );
    expect([...round.looping]).toEqual(['new', 'offer']);
  });

  test('lists who changes and who reads a field', () => {
    const impact = impactOf(
      rules({
        new: [
          robot('a', 'record.setFields', { fields: [{ field: 'comment', value: { expr: 'record.title' } }] }),
          robot(
            'b',
            'notification.send',
            { text: 'Now {{ record?.comment }}' },
            { when: 'record.amount > 1' },
          ),
          robot('c', 'record.setResponsible', { user: 'ana' }),
          robot('d', 'comment.add', { text: 'x' }, { timing: { mode: 'date', field: 'expectedCloseAt' } }),
        ],
      }),
    );
    const shown = impact.fields.map(({ field, changes, reads }) => [
      field,
      changes.map(({ entry }) => entry.id).join(),
      reads.map(({ entry }) => entry.id).join(),
    ]);
    expect(shown).toEqual([
      ['comment', 'a', 'b'],
      ['responsible', 'c', ''],
      ['amount', '', 'b'],
      ['expectedCloseAt', '', 'd'],
      ['title', '', 'a'],
    ]);
  });
});
