import type { Robot } from './api';

/** The people's steps; every other robot is a robot in the process, too. */
const KINDS = new Set(['userTask', 'approval', 'acknowledge', 'requestInformation']);

/** The definition that the rules of a stage become; also what the sample record is remembered by. */
export const scopeKey = (pipeline: string, stage: string): string =>
  `stage-${pipeline}-${stage}`.slice(0, 63);

/** Robots behind each other as a process: what the last of them may read. */
export function inlineProcess(type: string, chain: readonly Robot[]): string {
  const ids = ['start', ...chain.map(({ id }) => id), 'end'];
  return JSON.stringify({
    format: 'fluxo/process@1',
    key: 'stage',
    name: 'Stage',
    appliesTo: type,
    nodes: [
      { id: 'start', kind: 'startEvent' },
      ...chain.map(({ id, robot, name, config }, at) => ({
        id,
        ...(KINDS.has(robot) ? { kind: robot } : { kind: 'robot', robot }),
        ...(name ? { name } : {}),
        // What the last one is told changes while it is written, and it reads nothing of its own.
        ...(at === chain.length - 1 ? {} : { config }),
      })),
      { id: 'end', kind: 'endEvent' },
    ],
    flows: ids.slice(1).map((to, i) => ({ id: `f${i}`, from: ids[i], to })),
  });
}
