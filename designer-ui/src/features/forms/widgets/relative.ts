/** People who are known only when the process runs, and what stands for them in an expression. */
export const RELATIVES = {
  responsible: 'record.responsible',
  headOfResponsible: 'head(record.responsible)',
  starter: 'run.startedBy',
  headOfStarter: 'head(run.startedBy)',
} as const;

export type Relative = keyof typeof RELATIVES;

/** Which of them an expression means. */
export function relativeOf(source: string): Relative | undefined {
  return (Object.keys(RELATIVES) as Relative[]).find((name) => RELATIVES[name] === source.trim());
}
