import type { Step } from './api';
import { SET_STATUS } from './model';

/** The people's steps; every other one is a robot in the process, too. */
const KINDS = new Set(['userTask', 'approval', 'acknowledge', 'requestInformation']);

/** The definition that a template becomes; also what the sample record is remembered by. */
export const scopeKey = (id: string): string => `status-${id}`.slice(0, 63);

/** Steps behind each other as a process: what the last of them may read. */
export function handlerProcess(type: string, steps: readonly Step[]): string {
  const chain = steps.filter(({ robot }, at) => robot !== SET_STATUS || at === steps.length - 1);
  const ids = ['start', ...chain.map(({ id }) => id), 'end'];
  return JSON.stringify({
    format: 'fluxo/process@1',
    key: 'status',
    name: 'Status',
    appliesTo: type,
    variables: [
      { name: 'status', type: 'string' },
      { name: 'commandBy', type: 'string' },
    ],
    nodes: [
      { id: 'start', kind: 'startEvent' },
      ...chain.map(({ id, robot, name, config }, at) => ({
        id,
        ...(robot === SET_STATUS
          ? { kind: 'task' }
          : KINDS.has(robot)
            ? { kind: robot }
            : { kind: 'robot', robot }),
        ...(name ? { name } : {}),
        // What the last one is told changes while it is written, and it reads nothing of its own.
        ...(at === chain.length - 1 ? {} : { config }),
      })),
      { id: 'end', kind: 'endEvent' },
    ],
    flows: ids.slice(1).map((to, i) => ({ id: `f${i}`, from: ids[i], to })),
  });
}
