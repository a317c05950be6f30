import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useCommands } from '@/lib/commands';
import { isTyping } from '@/lib/keymap';
import type { Board } from './context';
import type { BoardDraft } from './draft';
import type { useBoardActions } from './useBoardActions';

type Actions = ReturnType<typeof useBoardActions>;

const SCOPE = 'automation';

/** The entry whose card, not whose form, has the focus. */
const focused = (): string | undefined =>
  document.activeElement?.closest<HTMLElement>('[data-entry]')?.dataset.entry;

const cards = (root: ParentNode): HTMLElement[] => [
  ...root.querySelectorAll<HTMLElement>('[data-entry] button:not([data-menu])'),
];

/** Arrows go from card to card: up and down in a stage, left and right between stages. */
function neighbour(from: HTMLElement, key: string): HTMLElement | undefined {
  const column = from.closest<HTMLElement>('[data-stage]');
  if (!column) return undefined;
  const own = cards(column);
  const at = own.indexOf(from);
  switch (key) {
    case 'ArrowDown':
      return own[at + 1];
    case 'ArrowUp':
      return own[at - 1];
    case 'Home':
      return own[0];
    case 'End':
      return own.at(-1);
    default: {
      const columns = [...(column.parentElement?.querySelectorAll<HTMLElement>('[data-stage]') ?? [])];
      const by = key === 'ArrowRight' ? 1 : -1;
      for (let i = columns.indexOf(column) + by; i >= 0 && i < columns.length; i += by) {
        const there = cards(columns[i] as HTMLElement);
        if (there.length > 0) return there[Math.min(at, there.length - 1)];
      }
      return undefined;
    }
  }
}

/** Every action of the board as a command: keys, palette and the sheet of shortcuts. */
export function useBoardKeys(board: Board, draft: BoardDraft, save: () => void): void {
  const { t } = useTranslation('automation');
  const navigate = useNavigate();
  const actions = board.actions as Actions;
  const section = t('page.short');
  const mayEdit = (): boolean => !board.readOnly;
  const onCard = (act: (id: string) => void) => ({
    scope: SCOPE,
    section,
    hidden: true,
    enabled: () => mayEdit() && focused() !== undefined && !isTyping(document.activeElement),
    run: () => {
      const id = focused();
      if (id) act(id);
    },
  });
  const stageNow = (): string | undefined =>
    document.activeElement?.closest<HTMLElement>('[data-stage]')?.dataset.stage ?? board.stages[0]?.id;
  useCommands([
    {
      id: 'automation.save',
      title: t('command.save'),
      section,
      shortcut: 'mod+s',
      enabled: () => mayEdit() && draft.dirty,
      run: save,
    },
    {
      id: 'automation.undo',
      title: t('command.undo'),
      section,
      shortcut: 'mod+z',
      leftToFields: true,
      enabled: () => mayEdit() && draft.history.undoLabel !== undefined,
      run: actions.undo,
    },
    {
      id: 'automation.redo',
      title: t('command.redo'),
      section,
      shortcut: ['mod+shift+z', 'mod+y'],
      leftToFields: true,
      enabled: () => mayEdit() && draft.history.redoLabel !== undefined,
      run: actions.redo,
    },
    {
      id: 'automation.find',
      title: t('page.search'),
      section,
      shortcut: 'mod+f',
      run: () => document.querySelector<HTMLElement>('[data-automation-search]')?.focus(),
    },
    {
      id: 'automation.add',
      title: t('column.addRobot'),
      section,
      shortcut: 'n',
      enabled: mayEdit,
      run: () => {
        const stage = stageNow();
        if (stage) actions.add(stage, 'robots');
      },
    },
    {
      id: 'automation.pipeline',
      title: t('command.pipeline'),
      section,
      run: () => void navigate({ to: '/crm/$type', params: { type: `${board.type}s` } }),
    },
    {
      id: 'automation.duplicate',
      title: t('action.duplicate'),
      shortcut: 'mod+d',
      ...onCard(actions.duplicate),
    },
    { id: 'automation.toggle', title: t('command.toggle'), shortcut: 'd', ...onCard(actions.toggle) },
    {
      id: 'automation.remove',
      title: t('action.remove'),
      shortcut: ['delete', 'backspace'],
      ...onCard(actions.remove),
    },
    {
      id: 'automation.menu',
      title: t('command.menu'),
      shortcut: 'm',
      ...onCard((id) =>
        document.querySelector<HTMLElement>(`[data-entry="${CSS.escape(id)}"] [data-menu]`)?.click(),
      ),
    },
    {
      id: 'automation.up',
      title: t('action.up'),
      shortcut: 'alt+arrowup',
      ...onCard((id) => actions.shift(id, -1)),
    },
    {
      id: 'automation.down',
      title: t('action.down'),
      shortcut: 'alt+arrowdown',
      ...onCard((id) => actions.shift(id, 1)),
    },
    {
      id: 'automation.left',
      title: t('command.left'),
      shortcut: 'alt+arrowleft',
      ...onCard((id) => actions.carry(id, -1)),
    },
    {
      id: 'automation.right',
      title: t('command.right'),
      shortcut: 'alt+arrowright',
      ...onCard((id) => actions.carry(id, 1)),
    },
  ]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (!/^(Arrow(Up|Down|Left|Right)|Home|End)$/.test(event.key)) return;
      const from = document.activeElement;
      if (!(from instanceof HTMLElement) || !from.matches('[data-entry] button:not([data-menu])')) return;
      const to = neighbour(from, event.key);
      event.preventDefault();
      to?.focus();
      to?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
