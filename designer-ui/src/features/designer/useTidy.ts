import { useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keptOf, layoutDocument } from '@/canvas';
import { announce } from '@/lib/live';
import { indexOf } from '@/lib/process/document';
import { applyLayout } from '@/lib/process/edits';
import type { KindTable } from '@/lib/process/kinds';
import { notifyError } from '@/ui';
import type { Draft } from './draft';

const PATIENCE_MS = 1000;

/**
 * "Tidy up": lays out the selection, or everything, in a worker. One undo entry; dropped when the draft changed meanwhile.
 * On request steps that a person placed stay, and the others go round them.
 */
export function useTidy(draft: Draft, kinds: KindTable, selection: ReadonlySet<string>, onWhole: () => void) {
  const { t } = useTranslation('designer');
  const [busy, setBusy] = useState(false);
  const running = useRef<AbortController | undefined>(undefined);
  const run = useCallback(
    (keep: boolean) => {
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      const document = draft.document;
      const nodes = [...selection].filter((id) => indexOf(document).nodes.has(id));
      const only = nodes.length > 1 ? new Set(nodes) : undefined;
      const kept = keep ? keptOf(document, only) : undefined;
      // Small graphs are done before a banner could be read.
      const patience = setTimeout(() => setBusy(true), PATIENCE_MS);
      layoutDocument(document, kinds, { keep, signal: controller.signal, ...(only ? { only } : {}) })
        .then(({ places, bends, sizes }) => {
          if (draft.document !== document) return;
          draft.run({ key: keep ? 'history.tidyKeep' : 'history.tidy' }, (edited) =>
            applyLayout(edited, places, bends, sizes, kept),
          );
          announce(kept ? t('announce.tidiedKept', { count: kept.size }) : t('announce.tidied'));
          // Everything is elsewhere now: it is shown from its beginning.
          if (!only && !keep) requestAnimationFrame(onWhole);
        })
        .catch((error: unknown) => {
          if (!controller.signal.aborted) notifyError(error);
        })
        .finally(() => {
          clearTimeout(patience);
          setBusy(false);
        });
    },
    [draft, kinds, selection, onWhole, t],
  );
  const cancel = useCallback(() => running.current?.abort(), []);
  return { run, busy, cancel };
}
