import type { ProcessDocument, ProcessNode } from '@/lib/process/types';

/** What people call the steps of a process, those inside others too; a step without a name is called by its id. */
export function namesOf(process: ProcessDocument): (node: string) => string {
  const names = new Map<string, string>();
  const walk = (nodes: readonly ProcessNode[]) => {
    for (const node of nodes) {
      names.set(node.id, node.name || node.id);
      if (node.nodes) walk(node.nodes);
    }
  };
  walk(process.nodes);
  return (id) => names.get(id) ?? id;
}
