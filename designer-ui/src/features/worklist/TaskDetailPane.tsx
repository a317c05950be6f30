import { Button, Group, Skeleton } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowLeft, ChevronRight, Forward, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Completion, releaseTask, type TaskDetail, taskQuery } from '@/api/queries/tasks';
import { useUser } from '@/features/identity/useSession';
import { formatDateTime, formatDay } from '@/lib/format';
import { Later, later } from '@/lib/later';
import { isStaged } from '@/lib/records';
import { ErrorState, notifyError, PageSkeleton, RelativeTime, StatusBadge } from '@/ui';
import { AboutRecord } from './AboutRecord';
import { CompletionForm } from './CompletionForm';
import { DueBadge } from './DueBadge';
import { TaskComments } from './TaskComments';
import { TaskDocuments } from './TaskDocuments';
import { TaskVotes } from './TaskVotes';
import classes from './Worklist.module.css';

const TaskPicture = later(() => import('./TaskPicture').then((module) => module.TaskPicture));
const DelegateDialog = later(() => import('./DelegateDialog').then((module) => module.DelegateDialog));

type TaskDetailPaneProps = {
  id: string;
  /** On a phone: back to the list. */
  onBack?: () => void;
  onComplete: (input: { task: TaskDetail; completion: Completion; outcomeLabel: string }) => void;
  /** Why the last completion of this task was refused. */
  refusal: unknown;
};

export function TaskDetailPane({ id, onBack, onComplete, refusal }: TaskDetailPaneProps) {
  const { t } = useTranslation(['inbox', 'common']);
  const { data: task, error, refetch } = useQuery(taskQuery(id));
  const back = onBack && (
    <Button
      variant="subtle"
      size="compact-md"
      leftSection={<ArrowLeft size={16} aria-hidden />}
      onClick={onBack}
      style={{ alignSelf: 'flex-start' }}
    >
      {t('inbox:back')}
    </Button>
  );
  if (!task) {
    return (
      <div className={classes.detail}>
        {back}
        {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <PageSkeleton />}
      </div>
    );
  }
  return (
    <article className={classes.detail} aria-labelledby="task-title">
      {back}
      <Header task={task} />
      <Facts task={task} />
      {task.text && (
        // biome-ignore lint/security/noDangerouslySetInnerHtml: the server renders and sanitises this text; scripts are off by CSP.
        <div className={classes.prose} dangerouslySetInnerHTML={{ __html: task.text }} />
      )}
      <AboutRecord task={task} />
      <TaskDocuments task={task} />
      <TaskVotes task={task} />
      <CompletionForm task={task} onComplete={onComplete} refusal={refusal} />
      <TaskComments task={task} />
      {task.process !== undefined && task.process !== null && <Whereabouts task={task} />}
    </article>
  );
}

/** The process around the task; on a phone only when it is asked for. */
function Whereabouts({ task }: { task: TaskDetail }) {
  const { t } = useTranslation('inbox');
  const wide = useMediaQuery('(min-width: 48em)') ?? false;
  const [chosen, setChosen] = useState<boolean | null>(null);
  const shown = chosen ?? wide;
  return (
    <section aria-labelledby="task-picture">
      <h2 id="task-picture" className={classes.sectionTitle}>
        <button
          type="button"
          className={classes.toggle}
          aria-expanded={shown}
          onClick={() => setChosen(!shown)}
        >
          <ChevronRight size={16} aria-hidden />
          {t('picture.title')}
        </button>
      </h2>
      {shown && (
        <Later fallback={<Skeleton h={260} />}>
          <TaskPicture task={task} />
        </Later>
      )}
    </section>
  );
}

function Header({ task }: { task: TaskDetail }) {
  const { t } = useTranslation(['inbox', 'common']);
  const user = useUser();
  const queryClient = useQueryClient();
  const [delegating, setDelegating] = useState(false);
  const release = useMutation({
    mutationFn: () => releaseTask(task.id),
    onError: notifyError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['tasks'] }),
  });
  const closed = task.status === 'open' || task.status === 'claimed' ? null : task.status;
  const mayRelease = !closed && task.claimedBy === user.id;
  const mayDelegate = !closed && task.canDelegate;
  return (
    <header className={classes.detailHeader}>
      <div className={classes.detailTitles}>
        <h1 id="task-title" className={classes.detailTitle}>
          {task.name}
        </h1>
        <Group gap="sm">
          {closed && (
            <StatusBadge
              status={closed === 'canceled' ? 'canceled' : 'done'}
              label={t(`inbox:status.${closed}`)}
            />
          )}
          {!closed && task.dueAt && <DueBadge dueAt={task.dueAt} overdue={task.overdue} />}
        </Group>
      </div>
      {mayRelease && (
        <Button
          variant="default"
          leftSection={<Undo2 size={16} aria-hidden />}
          loading={release.isPending}
          onClick={() => release.mutate()}
        >
          {t('inbox:claim.release')}
        </Button>
      )}
      {mayDelegate && (
        <Button
          variant="default"
          leftSection={<Forward size={16} aria-hidden />}
          onClick={() => setDelegating(true)}
        >
          {t('inbox:delegate.action')}
        </Button>
      )}
      <Later fallback={null}>
        {delegating && <DelegateDialog task={task} onClose={() => setDelegating(false)} />}
      </Later>
    </header>
  );
}

/** Who, why, since when, until when. */
function Facts({ task }: { task: TaskDetail }) {
  const { t } = useTranslation('inbox');
  const people = [...(task.assignees ?? []), ...(task.groups ?? [])].map((person) => person.name);
  const last = task.delegated?.at(-1);
  return (
    <dl className={classes.facts}>
      <div>
        <dt>{t('facts.why')}</dt>
        <dd>
          <Link to="/runs/$runId" params={{ runId: task.runId }}>
            {task.definitionName}
          </Link>
          {task.startedByName && ` · ${t('facts.startedBy', { name: task.startedByName })}`}
        </dd>
      </div>
      {task.recordTitle && (
        <div>
          <dt>{t('facts.about')}</dt>
          <dd>
            {isStaged(task.recordType) && task.recordId ? (
              <Link
                to="/crm/$type/$recordId"
                params={{ type: `${task.recordType}s`, recordId: task.recordId }}
              >
                {task.recordTitle}
              </Link>
            ) : (
              task.recordTitle
            )}
          </dd>
        </div>
      )}
      <div>
        <dt>{t('facts.who')}</dt>
        <dd>
          {people.join(', ') || t('facts.nobody')}
          {task.claimedByName && ` · ${t('claim.by', { name: task.claimedByName })}`}
          {last &&
            ` · ${
              last.absence
                ? t('delegate.standIn', { name: last.fromName, to: formatDay(`${last.absence.to}T12:00:00`) })
                : t('delegate.by', { name: last.fromName ?? '', reason: last.reason ?? '' })
            }`}
        </dd>
      </div>
      <div>
        <dt>{t('facts.since')}</dt>
        <dd>
          {formatDateTime(task.openedAt)} (<RelativeTime at={task.openedAt} />)
        </dd>
      </div>
      {task.dueAt && (
        <div>
          <dt>{t('facts.due')}</dt>
          <dd>
            {formatDateTime(task.dueAt)} (<RelativeTime at={task.dueAt} />)
          </dd>
        </div>
      )}
    </dl>
  );
}
