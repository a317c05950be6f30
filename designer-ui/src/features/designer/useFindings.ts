import i18next from 'i18next';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { portLabel } from '@/canvas';
import { indexOf } from '@/lib/process/document';
import type { KindTable } from '@/lib/process/kinds';
import type { ProcessDocument } from '@/lib/process/types';
import { type Finding, isFilled, mergeFindings, type ServerFinding, validate } from '@/lib/process/validate';
import { inLanguage, useFindingTexts } from './serverTexts';
import type { DesignerT } from './texts';

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
  const { t } = useTranslation('designer');
  const language = i18next.resolvedLanguage ?? 'en';
  return useMemo(
    // An empty canvas asks what starts the process; more need not be said.
    () =>
      document.nodes.length === 0
        ? []
        : mergeFindings(
            own,
            server.map((finding) => inLanguage(inWords(finding, document, t), texts, language)),
          ).filter((finding) => !isFilled(document, finding)),
    [document, own, server, texts, language, t],
  );
}

/** A finding about an outcome calls it as people see it, not by its code. */
export function inWords(finding: ServerFinding, document: ProcessDocument, t: DesignerT): ServerFinding {
  const outcome = finding.data?.outcome;
  const node = indexOf(document).nodes.get(finding.node ?? '');
  if (typeof outcome !== 'string' || !node) return finding;
  return { ...finding, data: { ...finding.data, outcome: portLabel(t, node.config?.outcomes, outcome) } };
}
