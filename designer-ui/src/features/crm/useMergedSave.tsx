import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Later, later } from '@/lib/later';
import { type Clashes, clashesOf, type FieldPatch, without } from './clash';

const ClashDialog = later(() => import('./ClashDialog').then((module) => module.ClashDialog), 'crm');

type MergedSave<P extends FieldPatch, T> = {
  recordType: string;
  /** Sends a change that is based on a revision. */
  send: (patch: P, rev: number) => Promise<T>;
  onSaved: (saved: T) => void;
  /** When others' values were chosen throughout: there is nothing to save. */
  onTheirs: () => void;
  /** When it was refused for another reason. */
  onRefused?: (error: unknown) => void;
};

/**
 * Saves a change of some fields. What others changed meanwhile stays; a field that both changed is asked about in
 * `dialog`, which the page shows.
 */
export function useMergedSave<P extends FieldPatch, T>(
  of: MergedSave<P, T>,
): {
  save: (patch: P, rev: number) => void;
  isPending: boolean;
  error: unknown;
  reset: () => void;
  dialog: ReactNode;
} {
  const [clash, setClash] = useState<(Clashes & { patch: P }) | null>(null);
  const saving = useMutation({
    mutationFn: ({ patch, rev }: { patch: P; rev: number }) => of.send(patch, rev),
    onSuccess: (saved) => {
      setClash(null);
      of.onSaved(saved);
    },
    onError: (error, { patch }) => {
      const found = clashesOf(error);
      setClash(found && { ...found, patch });
      if (!found) of.onRefused?.(error);
    },
  });
  const dialog = clash && (
    <Later>
      <ClashDialog
        key={clash.rev}
        recordType={of.recordType}
        clashes={clash.clashes}
        names={clash.names}
        busy={saving.isPending}
        onClose={() => setClash(null)}
        onDecide={(theirs) => {
          const patch = without(clash.patch, theirs);
          if (Object.keys(patch).length > 0) return saving.mutate({ patch, rev: clash.rev });
          setClash(null);
          saving.reset();
          of.onTheirs();
        }}
      />
    </Later>
  );
  return {
    save: (patch, rev) => saving.mutate({ patch, rev }),
    isPending: saving.isPending,
    error: clash ? null : saving.error,
    reset: saving.reset,
    dialog,
  };
}
