import { useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { layoutDocument } from '@/canvas';
import { announce } from '@/lib/live';
import { indexOf } from '@/lib/process/document';
import { applyLayout } from '@/lib/process/edits';
import type { KindTable } from '@/lib/process/kinds';
import { notifyError } from '@/ui';
import type { Draft } from './draft';

const PATIENCE_MS = 1000;

/** "Tidy up": lays out the selection, or everything, in a worker. One undo entry; dropped when the draft changed meanwhile. */
export function useTidy(draft: Draft, kinds: KindTable, selection: ReadonlySet<string>, onWhole: () => void) {
  const { t } = useTranslation('designer');
  const [busy, setBusy] = useState(false);
  const running = useRef<AbortController | undefined>(undefined);
  const run = useCallback(() => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const document = draft.document;
    const nodes = [...selection].filter((id) => indexOf(document).nodes.has(id));
    const only = nodes.length > 1 ? new Set(nodes) : undefined;
    // Small graphs are done before a banner could be read.
    const patience = setTimeout(() => setBusy(true), PATIENCE_MS);
    layoutDocument(document, kinds, { signal: controller.signal, ...(only ? { only } : {}) })
      .then(({ places, bends, sizes }) => {
        if (draft.document !== document) return;
        draft.run({ key: 'history.tidy' }, (edited) => applyLayout(edited, places, bends, sizes));
        announce(t('announce.tidied'));
        // Everything is elsewhere now: it is shown from its beginning.
        if (!only) requestAnimationFrame(onWhole);
      })
      .catch((error: unknown) => {
        if (!controller.signal.aborted) notifyError(error);
      })
      .finally(() => {
        clearTimeout(patience);
        setBusy(false);
      });
  }, [draft, kinds, selection, onWhole, t]);
  const cancel = useCallback(() => running.current?.abort(), []);
  return { run, busy, cancel };
}
