import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useNodeKinds } from '@/api/queries/nodeKinds';
import { nodeText } from '@/canvas/nodeText';
import type { ProcessDocument, ProcessNode } from '@/lib/process/types';

/**
 * What people call the steps of a process, those inside others too; a step without a name is called what the drawing
 * calls it, one that the process does not have by its id.
 */
export function useNamesOf(process: ProcessDocument | undefined): (node: string) => string {
  const { t, i18n } = useTranslation('designer');
  const kinds = useNodeKinds();
  return useMemo(() => {
    const names = new Map<string, string>();
    const walk = (nodes: readonly ProcessNode[]) => {
      for (const node of nodes) {
        names.set(node.id, nodeText(t, kinds, i18n.language, node).title);
        if (node.nodes) walk(node.nodes);
      }
    };
    walk(process?.nodes ?? []);
    return (id) => names.get(id) ?? id;
  }, [process, kinds, t, i18n.language]);
}
