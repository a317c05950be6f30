import type { Mover, Outlook } from '../repair/api';

type Headline =
  | [key: 'outlook.person', words: { names: string }]
  | [key: `outlook.${Outlook['verdict'] | 'operator' | 'somebody'}`];

const works = (mover: Mover) => !mover.hopeless && (mover.kind === 'effect' || mover.kind === 'step');

/** Who or what is next: an operator or a person comes before the timers that would also move the run some day. */
export function headline({ verdict, movers }: Pick<Outlook, 'verdict' | 'movers'>): Headline {
  if (verdict === 'ended' || verdict === 'held') return [`outlook.${verdict}`];
  if (movers.some(works)) return [`outlook.${verdict}`];
  if (movers.some((mover) => mover.kind === 'incident')) return ['outlook.operator'];
  const tasks = movers.filter((mover) => mover.kind === 'task' && !mover.hopeless);
  if (tasks.length === 0) return [`outlook.${verdict}`];
  const names = [...new Set(tasks.flatMap((task) => task.people?.map((person) => person.name) ?? []))];
  return names.length === 0 ? ['outlook.somebody'] : ['outlook.person', { names: names.join(', ') }];
}
