import { createContext, useContext, useMemo } from 'react';

/**
 * A process that is not stored, as JSON text: what the expressions around may read comes from it instead of from the
 * draft of a definition. Rules of a stage are no definition until they are saved.
 */
export const InlineProcess = createContext<string | undefined>(undefined);

/** What a request about an expression carries of it. */
export function useInlineProcess(): { text: string | undefined; body: { process?: unknown } } {
  const text = useContext(InlineProcess);
  return useMemo(() => ({ text, body: text === undefined ? {} : { process: JSON.parse(text) } }), [text]);
}
