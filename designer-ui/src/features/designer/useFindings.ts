import i18next from 'i18next';
import { useEffect, useMemo, useState } from 'react';
import type { KindTable } from '@/lib/process/kinds';
import type { ProcessDocument } from '@/lib/process/types';
import { type Finding, isFilled, mergeFindings, type ServerFinding, validate } from '@/lib/process/validate';
import { inLanguage, useFindingTexts } from './serverTexts';

const PAUSE_MS = 150;
const VALIDATION = 'validation';

/**
 * Findings of the document: our own shortly after opening it and every change, the server's as of its last answer. That a
 * field is empty is not said for a moment longer than it is.
 */
export function useFindings(
  document: ProcessDocument,
  kinds: KindTable,
  server: readonly ServerFinding[],
): Finding[] {
  const [own, setOwn] = useState<readonly Finding[]>([]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const began = performance.now();
      setOwn(validate(document, kinds));
      // For the figures of the bench; only the last one is kept.
      performance.clearMeasures(VALIDATION);
      performance.measure(VALIDATION, { start: began });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [document, kinds]);
  const texts = useFindingTexts(server.length > 0);
  const language = i18next.resolvedLanguage ?? 'en';
  return useMemo(
    // An empty canvas asks what starts the process; more need not be said.
    () =>
      document.nodes.length === 0
        ? []
        : mergeFindings(
            own,
            server.map((finding) => inLanguage(finding, texts, language)),
          ).filter((finding) => !isFilled(document, finding)),
    [document, own, server, texts, language],
  );
}
