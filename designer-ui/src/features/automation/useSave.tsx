import { useMutation } from '@tanstack/react-query';
import { lazy, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import type { Pipeline } from '@/features/crm/types';
import { announce } from '@/lib/live';
import { notifyDone, notifyError } from '@/ui';
import { type Rules, type StageBoard, saveBoard } from './api';
import type { BoardDraft } from './draft';
import { type FindingsById, refusals, storedFindings } from './errors';
import { focusCard } from './useBoardActions';

const ConflictDialog = lazy(() =>
  import('./ConflictDialog').then((module) => ({ default: module.ConflictDialog })),
);

/** Saving: what the server takes, what it refuses, and what somebody else has saved meanwhile. */
export function useSave(
  draft: BoardDraft,
  pipeline: Pipeline,
  order: readonly string[],
  onStored: (board: StageBoard) => void,
) {
  const { t } = useTranslation('automation');
  const [refused, setRefused] = useState<FindingsById>(new Map());
  const [warned, setWarned] = useState<FindingsById>(new Map());
  const [theirs, setTheirs] = useState<StageBoard>();
  const saving = useMutation({
    mutationFn: (sent: Rules) => saveBoard({ id: pipeline.id, rev: draft.rev }, sent),
    onSuccess: (board, sent) => {
      draft.saved(board, sent, order);
      onStored(board);
      setRefused(new Map());
      setWarned(storedFindings(board.stages, draft.base));
      notifyDone(t('save.saved'));
    },
    onError: (error, sent) => {
      if (isApiError(error, 409) && error.problem.current) {
        setTheirs(error.problem.current as StageBoard);
        return;
      }
      const found = refusals(error, sent);
      if (found.size === 0) return notifyError(error);
      setRefused(found);
      announce(t('save.refused', { count: found.size }), { assertive: true });
      const [first] = found.keys();
      if (first) focusCard(first);
    },
  });
  const save = useCallback(() => {
    if (!saving.isPending && draft.dirty) saving.mutate(draft.rules);
  }, [saving.isPending, saving.mutate, draft]);
  const findingsOf = useMemo(
    () => (id: string) => [...(refused.get(id) ?? []), ...(warned.get(id) ?? [])],
    [refused, warned],
  );
  const dialog = theirs && (
    <ConflictDialog
      draft={draft}
      theirs={theirs}
      order={order}
      onClose={() => setTheirs(undefined)}
      onMerged={(merged) => {
        draft.rebase(theirs, order, merged);
        onStored(theirs);
        setTheirs(undefined);
        if (draft.dirty) saving.mutate(draft.rules);
        else notifyDone(t('save.taken'));
      }}
    />
  );
  return { save, saving: saving.isPending, findingsOf, problems: refused.size, dialog };
}
