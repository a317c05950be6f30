import { useCallback, useMemo, useState } from 'react';
import { foldedMembers, withFoldedGroups } from '@/lib/process/foldGroups';
import type { KindTable } from '@/lib/process/kinds';
import type { ProcessDocument } from '@/lib/process/types';
import { storage } from '@/lib/storage';

function load(name: string): ReadonlySet<string> {
  return new Set((storage.get(name) ?? '').split(' ').filter(Boolean));
}

/** Which groups are folded away: a matter of who looks, kept in this browser and never part of the document. */
export function useGroupFolds(key: string, document: ProcessDocument, kinds: KindTable) {
  const name = `folded.${key}`;
  const [folded, setFolded] = useState(() => load(name));
  const standsFor = useMemo(() => foldedMembers(document, folded), [document, folded]);
  const drawn = useMemo(() => withFoldedGroups(document, kinds, standsFor), [document, kinds, standsFor]);
  const fold = useCallback(
    (id: string, collapsed: boolean) =>
      setFolded((old) => {
        const next = new Set(old);
        if (collapsed) next.add(id);
        else next.delete(id);
        storage.set(name, next.size > 0 ? [...next].join(' ') : null);
        return next;
      }),
    [name],
  );
  return { drawn, standsFor, folded, fold };
}
