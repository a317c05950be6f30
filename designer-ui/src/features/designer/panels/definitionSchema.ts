import { useEffect, useState } from 'react';
import type { JsonSchema } from '@/features/forms';

type Part = 'loop' | 'each' | 'adHoc';
type Parts = Readonly<Record<Part, JsonSchema>>;

let loaded: Parts | undefined;

/** The parts of a node that the definition schema describes with titles and texts, fetched when first needed. */
export function useNodePart(part: Part): JsonSchema | undefined {
  const [parts, setParts] = useState(loaded);
  useEffect(() => {
    if (parts) return;
    let open = true;
    void import('../../../../../schemas/definition/process-1.schema.json').then(({ default: schema }) => {
      const { loop, each, adHoc } = schema.$defs.node.properties as unknown as Parts;
      loaded = { loop: editable(loop), each: editable(each), adHoc: editable(adHoc) };
      if (open) setParts(loaded);
    });
    return () => {
      open = false;
    };
  }, [parts]);
  return parts?.[part];
}

/** Only what can be run and has a title; a reference says "any value", for which the widget is named. */
function editable(schema: JsonSchema): JsonSchema {
  const fields = Object.entries(schema.properties ?? {}).filter(([, field]) => field.title !== undefined);
  return {
    ...schema,
    properties: Object.fromEntries(fields.map(([name, { $ref: _, ...field }]) => [name, field])),
  };
}
