import { Anchor } from '@mantine/core';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { HistoryStep } from '@/lib/history';
import { announce } from '@/lib/live';
import { hideToast, showToast } from '@/ui';
import { entryName, kindOf, useRobotKinds, useTriggerKinds } from './catalogue';
import type { BoardActions, StageInfo } from './context';
import type { BoardDraft } from './draft';
import { copyOf, type Entry, findEntry, insertEntry, moveEntry, type Part, removeEntry } from './rules';

/** The toast that offers to bring back what was deleted. */
const REMOVED = 'automation-removed';

/** Puts the focus on a card once it is drawn. */
export function focusCard(id: string): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`[data-entry="${CSS.escape(id)}"] button`)?.focus(),
  );
}

/** What can be done with robots and triggers, the same object for as long as the board is open. */
export function useBoardActions(options: {
  draft: BoardDraft;
  stages: readonly StageInfo[];
  open: (id: string | undefined) => void;
  onAdd: (place: { stage: string; part: Part }) => void;
  onKeep: (stage: string) => void;
}): BoardActions & { undo: () => void; redo: () => void } {
  const { t } = useTranslation('automation');
  const robots = useRobotKinds().byKey;
  const triggers = useTriggerKinds().byKey;
  const latest = useRef({ ...options, t, robots, triggers });
  latest.current = { ...options, t, robots, triggers };
  return useMemo(() => {
    const draft = options.draft;
    const now = () => latest.current;
    const nameOf = (entry: Entry): string => entryName(entry, kindOf(entry, now().robots, now().triggers));
    const stageName = (id: string): string => now().stages.find((stage) => stage.id === id)?.name ?? id;
    const told = (step: HistoryStep | undefined, key: 'undone' | 'redone'): void => {
      if (!step) return;
      const what = now().t(step.label.key as 'history.add', { ...step.label.values });
      announce(now().t(`command.${key}`, { what }));
      const [id] = step.focus;
      if (id && findEntry(draft.rules, id)) focusCard(id);
    };
    const undo = (): void => {
      hideToast(REMOVED);
      told(draft.undo(), 'undone');
    };
    const redo = (): void => told(draft.redo(), 'redone');
    const place = (id: string) => findEntry(draft.rules, id);
    const moved = (id: string): void => {
      const to = place(id);
      if (!to) return;
      announce(
        now().t('card.movedTo', { name: nameOf(to.entry), stage: stageName(to.stage), position: to.at + 1 }),
      );
      focusCard(id);
    };
    const move = (id: string, stage: string, at?: number): void => {
      const from = place(id);
      if (!from) return;
      const label = { key: 'history.move', values: { name: nameOf(from.entry) } };
      if (draft.run(label, (rules) => moveEntry(rules, id, stage, at), { focus: [id] })) moved(id);
    };
    const copy = (id: string, stage: string, at?: number): void => {
      const from = place(id);
      if (!from) return;
      const made = copyOf(from.entry);
      draft.run(
        { key: 'history.copy', values: { name: nameOf(from.entry) } },
        (rules) => insertEntry(rules, stage, made, at),
        { focus: [made.id] },
      );
      announce(now().t('card.copiedTo', { name: nameOf(made), stage: stageName(stage) }));
      focusCard(made.id);
    };
    return {
      undo,
      redo,
      add: (stage, part) => now().onAdd({ stage, part }),
      keep: (stage) => now().onKeep(stage),
      remove: (id) => {
        const from = place(id);
        if (!from) return;
        const name = nameOf(from.entry);
        const list = draft.rules.stages.find(({ stage }) => stage === from.stage)?.[from.part] ?? [];
        const next = list[from.at + 1] ?? list[from.at - 1];
        const label = { key: 'history.remove', values: { name } };
        draft.run(label, (rules) => void removeEntry(rules, id), { focus: [id] });
        now().open(undefined);
        if (next) focusCard(next.id);
        const message = now().t('card.removed', { name });
        announce(message);
        showToast({
          id: REMOVED,
          message: (
            <>
              {message}{' '}
              <Anchor component="button" type="button" size="sm" onClick={undo}>
                {now().t('command.undo')}
              </Anchor>
            </>
          ),
        });
      },
      duplicate: (id) => {
        const from = place(id);
        if (from) copy(id, from.stage, from.at + 1);
      },
      toggle: (id) => {
        const from = place(id);
        if (!from) return;
        const off = !from.entry.disabled;
        draft.run(
          { key: off ? 'history.disable' : 'history.enable', values: { name: nameOf(from.entry) } },
          (rules) => {
            const entry = findEntry(rules, id)?.entry;
            if (!entry) return;
            if (off) entry.disabled = true;
            else delete entry.disabled;
          },
          { focus: [id] },
        );
        announce(now().t(off ? 'card.turnedOff' : 'card.turnedOn', { name: nameOf(from.entry) }));
      },
      shift: (id, by) => {
        const from = place(id);
        if (from) move(id, from.stage, Math.max(0, from.at + (by > 0 ? 2 : -1)));
      },
      carry: (id, by) => {
        const from = place(id);
        const at = now().stages.findIndex(({ id: stage }) => stage === from?.stage);
        const target = now().stages[at + by];
        if (from && at >= 0 && target) move(id, target.id);
      },
      moveTo: move,
      copyTo: copy,
    };
  }, [options.draft]);
}
