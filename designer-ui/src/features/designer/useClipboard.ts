import { type ClipboardEvent, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { readPaste, writeSteps } from '@/lib/clipboard';
import { copyText } from '@/lib/copyText';
import { isTyping } from '@/lib/keymap';
import { announce } from '@/lib/live';
import { deleteElements, pasteSteps, pickSteps, type Steps, setPlaced } from '@/lib/process/edits';
import type { KindTable } from '@/lib/process/kinds';
import { flatten } from '@/lib/process/scopes';
import type { Point, ProcessDocument } from '@/lib/process/types';
import { notifyError } from '@/ui';
import type { Draft } from './draft';

interface ClipboardInput {
  readonly draft: Draft;
  readonly kinds: KindTable;
  readonly readOnly: boolean;
  readonly selection: ReadonlySet<string>;
  readonly select: (ids: Iterable<string>, options?: { reveal?: boolean }) => void;
  /** Where a paste goes when the pointer is over the canvas. */
  readonly pointer: () => Point | undefined;
}

/**
 * Copy, cut and paste of steps as text. Keys come as DOM events, which need no permission and work on plain http. A menu
 * cannot send them: the event of `execCommand` goes where text is marked, and that is not in the drawing.
 */
export function useClipboard({ draft, kinds, readOnly, selection, select, pointer }: ClipboardInput) {
  const { t } = useTranslation('designer');

  const insert = useCallback(
    (steps: Steps, key: 'history.paste' | 'history.duplicate', at?: Point) => {
      let ids: string[] = [];
      draft.run({ key, values: { count: sizeOf(steps) } }, (document) => {
        ids = pasteSteps(document, kinds, steps, at);
        if (key === 'history.paste') setPlaced(document, ids, true);
      });
      select(ids, { reveal: true });
      announce(t('announce.pasted', { count: ids.length }));
    },
    [draft, kinds, select, t],
  );

  const onCopy = useCallback(
    (event: ClipboardEvent) => {
      if (isTyping(event.target) || wantsText()) return;
      const steps = pickSteps(draft.document, kinds, selection);
      if (sizeOf(steps) === 0) return;
      event.preventDefault();
      event.clipboardData.setData('text/plain', writeSteps(steps));
      announce(t('announce.copied', { count: sizeOf(steps) }));
    },
    [draft, kinds, selection, t],
  );

  const takeAway = useCallback(() => {
    draft.run({ key: 'history.cut', values: { count: selection.size } }, (document) =>
      deleteElements(document, selection, { heal: true }),
    );
    select([]);
  }, [draft, selection, select]);

  const onCut = useCallback(
    (event: ClipboardEvent) => {
      if (readOnly || isTyping(event.target)) return;
      onCopy(event);
      if (event.isDefaultPrevented()) takeAway();
    },
    [readOnly, onCopy, takeAway],
  );

  const copy = useCallback(async () => {
    const steps = pickSteps(draft.document, kinds, selection);
    // Cutting takes away only what the clipboard holds.
    if (sizeOf(steps) === 0) return false;
    try {
      await copyText(writeSteps(steps));
    } catch (error) {
      notifyError(error);
      return false;
    }
    announce(t('announce.copied', { count: sizeOf(steps) }));
    return true;
  }, [draft, kinds, selection, t]);

  const cut = useCallback(async () => {
    if (await copy()) takeAway();
  }, [copy, takeAway]);

  const onPaste = useCallback(
    (event: ClipboardEvent) => {
      if (readOnly || isTyping(event.target)) return;
      const pasted = readPaste(event.clipboardData.getData('text/plain'));
      if (pasted.kind === 'other') return;
      event.preventDefault();
      if (pasted.kind === 'malformed') {
        notifyError(new Error(t(`paste.${pasted.reason}`)));
        return;
      }
      if (pasted.kind === 'document' && draft.document.nodes.length === 0) {
        importInto(draft, pasted.document);
        return;
      }
      const steps = pasted.kind === 'steps' ? pasted.steps : allSteps(flatten(pasted.document), kinds);
      insert(steps, 'history.paste', pointer());
    },
    [draft, kinds, readOnly, insert, pointer, t],
  );

  const duplicate = useCallback(() => {
    const steps = pickSteps(draft.document, kinds, selection);
    if (sizeOf(steps) > 0) insert(steps, 'history.duplicate');
  }, [draft, kinds, selection, insert]);

  return { onCopy, onCut, onPaste, copy, cut, duplicate };
}

/** How many elements there are; a note may be alone. */
function sizeOf({ nodes, notes = [] }: Steps): number {
  return nodes.length + notes.length;
}

/** Text that is marked outside the canvas is what gets copied, unless the keyboard is in the canvas. */
function wantsText(): boolean {
  if (document.activeElement?.closest('[data-command-scope~="canvas"]')) return false;
  return (window.getSelection()?.toString() ?? '') !== '';
}

function allSteps(document: ProcessDocument, kinds: KindTable): Steps {
  return pickSteps(
    document,
    kinds,
    document.nodes.map((node) => node.id),
  );
}

/** A whole exported process pasted onto an empty canvas; key and name of the definition stay. */
function importInto(draft: Draft, source: ProcessDocument): void {
  draft.run({ key: 'history.import' }, (document) => {
    const { key, name } = document;
    Object.assign(document, flatten(structuredClone(source)), { key, name });
  });
}
