import { useState } from 'react';
import { vi } from 'vitest';
import { type Designer, DesignerContext } from '@/features/designer/DesignerContext';
import { EffectEditor } from '@/features/designer/panels/EffectEditor';
import { TriggerEditor } from '@/features/designer/panels/TriggerEditor';
import { contract, kinds } from '@/lib/process/fixtures';
import type { ProcessNode } from '@/lib/process/types';
import { renderUi } from './render';

/** Shows the panel of what a step waits for, or of what it does at its end; answers with what is told of each change. */
export function showPanel(
  start: ProcessNode,
  of: 'trigger' | 'effect' = 'trigger',
  own: Partial<Designer> = {},
) {
  const seen = vi.fn();
  const Panel = of === 'effect' ? EffectEditor : TriggerEditor;
  function Harness() {
    const [node, setNode] = useState(start);
    return (
      <Panel
        node={node}
        onChange={(value: unknown) => {
          seen(value);
          setNode({ ...node, [of]: value });
        }}
      />
    );
  }
  const designer = { document: contract(), kinds, readOnly: false, definitionKey: 'k', ...own };
  renderUi(
    <DesignerContext.Provider value={designer as unknown as Designer}>
      <Harness />
    </DesignerContext.Provider>,
  );
  return seen;
}
