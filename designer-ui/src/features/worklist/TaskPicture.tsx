import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useNodeKinds } from '@/api/queries/nodeKinds';
import type { TaskDetail } from '@/api/queries/tasks';
import type { NodeStatus } from '@/api/types';
import { Canvas, type NodeRunState, RunStore } from '@/canvas';
import type { ProcessDocument } from '@/lib/process/types';
import { visitTimes } from '@/lib/visitTimes';
import type { Status } from '@/theme/status';
import classes from './Worklist.module.css';

const looks: Record<NodeStatus, Status> = {
  idle: 'idle',
  running: 'running',
  waiting: 'waitingPerson',
  timer: 'waitingTimer',
  done: 'done',
  incident: 'failed',
  canceled: 'canceled',
};

/** Small picture of the process with the task's own step selected: "you are here". */
export function TaskPicture({ task }: { task: TaskDetail }) {
  const { t } = useTranslation(['inbox', 'designer', 'runs']);
  const kinds = useNodeKinds();
  const store = useMemo(() => {
    const nodes: Record<string, NodeRunState> = {};
    for (const [id, state] of Object.entries(task.nodeStates ?? {})) {
      nodes[id] = {
        status: looks[state.status],
        person: state.people?.map((person) => person.name).join(', ') || undefined,
        since: state.since ?? undefined,
        ...visitTimes(state, true),
        tokens: state.tokens || undefined,
      };
    }
    const made = new RunStore();
    made.replace({ nodes });
    return made;
  }, [task.nodeStates]);
  const here = useMemo(() => new Set([task.node]), [task.node]);
  return (
    <div className={classes.picture}>
      <Canvas
        document={task.process as ProcessDocument}
        kinds={kinds}
        label={t('inbox:picture.label', { name: task.definitionName })}
        runStore={store}
        overlay="run"
        selection={here}
        anchor={task.node}
      />
    </div>
  );
}
