import { createContext, useContext, useMemo } from 'react';

/**
 * A process that is not stored, as JSON text: what the expressions around may read comes from it instead of from the
 * draft of a definition. Rules of a stage are no definition until they are saved.
 */
export const InlineProcess = createContext<string | undefined>(undefined);

/** The kind of trigger whose condition is written: it reads what happened as `event`. */
export const TriggerKind = createContext<string | undefined>(undefined);

/** The type of the records that a stored process works on, where expressions are written for it. */
export const SampleType = createContext<string | undefined>(undefined);

/** The type of the record on which expressions are tried: what the process around works on. */
export function useSampleType(): string {
  const text = useContext(InlineProcess);
  const type = useContext(SampleType);
  return useMemo(
    () => (text === undefined ? type : (JSON.parse(text) as { appliesTo?: string }).appliesTo) || 'deal',
    [text, type],
  );
}

/** What a request about an expression carries of it. */
export function useInlineProcess(): {
  text: string | undefined;
  trigger: string | undefined;
  body: { process?: unknown; trigger?: string };
} {
  const text = useContext(InlineProcess);
  const trigger = useContext(TriggerKind);
  return useMemo(
    () => ({
      text,
      trigger,
      body: {
        ...(text === undefined ? {} : { process: JSON.parse(text) }),
        ...(trigger === undefined ? {} : { trigger }),
      },
    }),
    [text, trigger],
  );
}
