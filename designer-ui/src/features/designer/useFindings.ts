import { useEffect, useMemo, useState } from 'react';
import type { KindTable } from '@/lib/process/kinds';
import type { ProcessDocument } from '@/lib/process/types';
import { type Finding, mergeFindings, type ServerFinding, validate } from '@/lib/process/validate';

const PAUSE_MS = 150;

/** Findings of the document: our own shortly after every change, the server's as of its last answer. */
export function useFindings(
  document: ProcessDocument,
  kinds: KindTable,
  server: readonly ServerFinding[],
): Finding[] {
  const [own, setOwn] = useState(() => validate(document, kinds));
  useEffect(() => {
    const timer = setTimeout(() => setOwn(validate(document, kinds)), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [document, kinds]);
  return useMemo(() => mergeFindings(own, server), [own, server]);
}
