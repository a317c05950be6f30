import { useMutation } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import type { Pipeline } from '@/features/crm/types';
import { inLanguage, useFindingTexts } from '@/features/designer/serverTexts';
import { later } from '@/lib/later';
import { announce } from '@/lib/live';
import { notifyDone, notifyError } from '@/ui';
import { type Finding, type Rules, type StageBoard, saveBoard } from './api';
import type { BoardDraft } from './draft';
import { byEntry, findingsIn } from './errors';
import { focusCard } from './useBoardActions';

const ConflictDialog = later(() => import('./ConflictDialog').then((module) => module.ConflictDialog));

/** Saving: what the server takes, what it refuses, and what somebody else has saved meanwhile. */
export function useSave(
  draft: BoardDraft,
  pipeline: Pipeline,
  order: readonly string[],
  loaded: StageBoard,
  onStored: (board: StageBoard) => void,
) {
  const { t, i18n } = useTranslation('automation');
  const [refused, setRefused] = useState<{ rules: Rules; findings: readonly Finding[] }>();
  const [warned, setWarned] = useState({ rules: draft.base, findings: findingsIn(loaded) });
  const [theirs, setTheirs] = useState<StageBoard>();
  const saving = useMutation({
    mutationFn: (sent: Rules) => saveBoard({ id: pipeline.id, rev: draft.rev }, sent),
    onSuccess: (board, sent) => {
      draft.saved(board, sent, order);
      onStored(board);
      setRefused(undefined);
      setWarned({ rules: draft.base, findings: findingsIn(board) });
      notifyDone(t('save.saved'));
    },
    onError: (error, sent) => {
      if (isApiError(error, 409) && error.problem.current) {
        setTheirs(error.problem.current as StageBoard);
        return;
      }
      const findings = findingsIn(error).filter(({ severity }) => severity === 'error');
      const named = byEntry(sent, findings, ({ message }) => message);
      if (named.size === 0) return notifyError(error);
      setRefused({ rules: sent, findings });
      announce(t('save.refused', { count: named.size }), { assertive: true });
      const [first] = named.keys();
      if (first) focusCard(first);
    },
  });
  const save = useCallback(() => {
    if (!saving.isPending && draft.dirty) saving.mutate(draft.rules);
  }, [saving.isPending, saving.mutate, draft]);
  const texts = useFindingTexts(refused !== undefined || warned.findings.length > 0);
  const [errors, warnings] = useMemo(() => {
    const say = (finding: Finding): string =>
      inLanguage(finding as Parameters<typeof inLanguage>[0], texts, i18n.language).message;
    return [
      refused ? byEntry(refused.rules, refused.findings, say) : undefined,
      byEntry(warned.rules, warned.findings, say),
    ];
  }, [refused, warned, texts, i18n.language]);
  const findingsOf = useCallback(
    (id: string) => errors?.get(id) ?? warnings.get(id) ?? [],
    [errors, warnings],
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
  return { save, saving: saving.isPending, findingsOf, problems: errors?.size ?? 0, dialog };
}
