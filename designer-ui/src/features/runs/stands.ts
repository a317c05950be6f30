import type { Run, Wait } from './queries';

/** Whether a robot's step has an incident: then an operator is next, not the robot. */
export const stands = (wait: Wait, run: Pick<Run, 'openIncidents'>): boolean =>
  wait.kind === 'effect' && run.openIncidents.some((incident) => incident.node === wait.node);

/** What is wrong, without what to do about it. */
export const firstSentence = (text: string): string =>
  text.split(/(?<=\.) /, 1)[0]?.replace(/\.$/, '') ?? text;
