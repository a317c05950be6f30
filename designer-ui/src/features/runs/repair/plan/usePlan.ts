import { useMemo, useState } from 'react';
import type { ChangeKind } from '@/lib/process/patches';
import type { Wish } from '../api';

/** One change that waits to be applied, and the step of the process where the diagram marks it. */
export type Planned = { key: number; wish: Wish; at?: string };

export type Plan = {
  items: readonly Planned[];
  /** The change that is being written. */
  form: Planned | undefined;
  changes: ReadonlyMap<string, ChangeKind>;
  edit: (form: Planned | undefined) => void;
  /** Adds a change, or puts it in the place of the one with its key. */
  put: (item: Planned) => void;
  remove: (key: number) => void;
  move: (key: number, by: 1 | -1) => void;
  /** A step was chosen on the diagram. True when the change that is being written takes it. */
  takes: (node: string | undefined) => boolean;
  fresh: (wish: Wish, at?: string) => Planned;
};

/** How the diagram marks the steps that a plan touches: a token comes, goes, or something else happens. */
export function changesOf(items: readonly Planned[]): ReadonlyMap<string, ChangeKind> {
  const changes = new Map<string, ChangeKind>();
  const mark = (node: string | undefined, kind: ChangeKind) => {
    if (node) changes.set(node, changes.has(node) && changes.get(node) !== kind ? 'changed' : kind);
  };
  for (const { wish, at } of items) {
    switch (wish.action) {
      case 'move':
        mark(wish.node, 'removed');
        if (wish.to !== wish.node) mark(wish.to, 'added');
        break;
      case 'place':
        mark(wish.node, 'added');
        break;
      case 'skip':
      case 'cancelScope':
        mark(at, 'removed');
        break;
      default:
        mark(at, 'changed');
    }
  }
  return changes;
}

/** What the server is asked for: the changes in their order, without what only this page knows. */
export const wishOf = (items: readonly Planned[], reason?: string): Wish => ({
  action: 'plan',
  steps: items.map(({ wish: { reason: _reason, ...step } }) => step),
  reason,
});

/** The changes that an operator collects before they are applied together; undefined while nobody collects. */
export function usePlan() {
  const [items, setItems] = useState<readonly Planned[]>();
  const [form, setForm] = useState<Planned>();
  const [last, setLast] = useState(0);
  const changes = useMemo(() => changesOf([...(items ?? []), ...(form ? [form] : [])]), [items, form]);
  const plan: Plan | undefined = items && {
    items,
    form,
    changes,
    edit: setForm,
    put: (item) => {
      setItems((old = []) =>
        old.some(({ key }) => key === item.key)
          ? old.map((one) => (one.key === item.key ? item : one))
          : [...old, item],
      );
      setForm(undefined);
    },
    remove: (key) => {
      setItems((old) => old?.filter((one) => one.key !== key));
      if (form?.key === key) setForm(undefined);
    },
    move: (key, by) =>
      setItems((old = []) => {
        const from = old.findIndex((one) => one.key === key);
        const to = from + by;
        if (from < 0 || to < 0 || to >= old.length) return old;
        const next = [...old];
        next.splice(to, 0, ...next.splice(from, 1));
        return next;
      }),
    takes: (node) => {
      if (!node || form?.wish.action !== 'move' || node === form.wish.node) return false;
      setForm({ ...form, wish: { ...form.wish, to: node, flow: undefined, port: undefined } });
      return true;
    },
    fresh: (wish, at) => {
      setLast((old) => old + 1);
      return { key: last + 1, wish, at };
    },
  };
  return {
    plan,
    begin: () => setItems([]),
    end: () => {
      setItems(undefined);
      setForm(undefined);
    },
  };
}
