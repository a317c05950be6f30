import { setColour } from '@/lib/process/edits';
import type { Colour } from '@/lib/process/notes';
import type { Designer } from './DesignerContext';

/** Gives elements a colour, or takes it away. */
export function paint(
  { run }: Pick<Designer, 'run'>,
  ids: Iterable<string>,
  colour: Colour | undefined,
): void {
  const focus = [...ids];
  run(
    { key: 'history.colour', values: { count: focus.length } },
    (draft) => setColour(draft, focus, colour),
    {
      focus,
    },
  );
}
