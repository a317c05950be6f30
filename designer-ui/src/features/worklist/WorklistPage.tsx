import { useMediaQuery } from '@mantine/hooks';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import {
  CalendarCheck,
  CheckCheck,
  Clock,
  Forward,
  Inbox,
  type LucideIcon,
  TriangleAlert,
  UsersRound,
} from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { taskCountsQuery, taskListQuery, taskQuery } from '@/api/queries/tasks';
import { useMay, useUser } from '@/features/identity/useSession';
import { useCommands } from '@/lib/commands';
import { usePreferences } from '@/lib/preferences';
import { EmptyState, ErrorState, notifyError, PageSkeleton, useDocumentTitle } from '@/ui';
import { type TaskView, taskViews, type WorklistSearch } from './search';
import { TaskDetailPane } from './TaskDetailPane';
import { TaskList } from './TaskList';
import { useCompletion } from './useCompletion';
import classes from './Worklist.module.css';

const viewIcons: Record<TaskView, LucideIcon> = {
  mine: Inbox,
  group: UsersRound,
  today: CalendarCheck,
  overdue: TriangleAlert,
  delegated: Forward,
  done: CheckCheck,
  all: Clock,
};

/** "My tasks": saved filters, list, and the open task. Everything that is chosen stands in the address. */
export function WorklistPage() {
  const { t } = useTranslation(['inbox', 'common']);
  const search = useSearch({ from: '/app/tasks' });
  const navigate = useNavigate({ from: '/tasks' });
  const queryClient = useQueryClient();
  const user = useUser();
  const phone = useMediaQuery('(max-width: 48em)') ?? false;
  const openNextTask = usePreferences((state) => state.openNextTask);
  useDocumentTitle(t('common:nav.tasks'));

  const view = search.view ?? 'mine';
  const list = useInfiniteQuery(
    taskListQuery({ view, q: search.q, definition: search.definition, sort: search.sort ?? 'due' }),
  );
  const tasks = list.data?.pages.flatMap((page) => page.items) ?? [];
  // On a wide screen the first task is open by itself; on a phone the list comes first.
  const selected = search.task ?? (phone ? undefined : tasks[0]?.id);
  const index = tasks.findIndex((task) => task.id === selected);

  const go = (change: Partial<WorklistSearch>, replace = false) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace });
  const open = (id: string | undefined, replace = true) => go({ task: id }, replace);
  const step = (by: number) => {
    const next = tasks[index < 0 ? 0 : index + by];
    if (next) open(next.id);
  };

  const nextId = index >= 0 ? (tasks[index + 1] ?? tasks[index - 1])?.id : undefined;
  useEffect(() => {
    if (nextId) void queryClient.prefetchQuery(taskQuery(nextId));
  }, [nextId, queryClient]);

  const completion = useCompletion({
    user: user.id,
    onLeave: () => open(openNextTask ? nextId : undefined),
    onReturn: (id) => open(id),
    onRefused: notifyError,
  });

  useCommands([
    {
      id: 'tasks.next',
      title: t('inbox:command.next'),
      section: t('common:nav.tasks'),
      shortcut: 'j',
      run: () => step(1),
    },
    {
      id: 'tasks.previous',
      title: t('inbox:command.previous'),
      section: t('common:nav.tasks'),
      shortcut: 'k',
      run: () => step(-1),
    },
  ]);

  const showList = !phone || !search.task;
  const showDetail = !phone || Boolean(search.task);
  return (
    <div className={classes.page}>
      {showList && <Views current={view} search={search} />}
      {showList &&
        (list.error ? (
          <div className={classes.listPane}>
            <ErrorState error={list.error} onRetry={() => void list.refetch()} />
          </div>
        ) : (
          <TaskList
            tasks={tasks}
            selected={selected}
            search={search}
            loading={list.isPending}
            hasMore={list.hasNextPage}
            onMore={() => void list.fetchNextPage()}
            onSearch={(change) => go({ ...change, task: undefined }, true)}
          />
        ))}
      {showDetail && (
        <div className={classes.detailPane}>
          {selected ? (
            <TaskDetailPane
              key={selected}
              id={selected}
              onBack={phone ? () => open(undefined, false) : undefined}
              onComplete={completion.mutate}
              refusal={completion.variables?.task.id === selected ? completion.error : null}
            />
          ) : list.isPending ? (
            <PageSkeleton />
          ) : (
            <EmptyState icon={Inbox} title={t('inbox:empty.noneOpen')} text={t('inbox:empty.noneOpenText')} />
          )}
        </div>
      )}
    </div>
  );
}

function Views({ current, search }: { current: TaskView; search: WorklistSearch }) {
  const { t } = useTranslation('inbox');
  const { data: counts } = useQuery(taskCountsQuery);
  const seesAll = useMay('runs.operate');
  return (
    <nav className={classes.views} aria-label={t('views')}>
      {taskViews.map((view) => {
        if (view === 'all' && !seesAll) return null;
        const Icon = viewIcons[view];
        const count = counts && view in counts ? counts[view as keyof typeof counts] : undefined;
        return (
          <Link
            key={view}
            to="/tasks"
            search={{ ...search, view: view === 'mine' ? undefined : view, task: undefined }}
            className={classes.view}
            data-active={view === current}
            data-alert={view === 'overdue' && (count ?? 0) > 0}
            aria-current={view === current ? 'page' : undefined}
          >
            <Icon size={16} aria-hidden />
            <span className={classes.viewName}>{t(`view.${view}`)}</span>
            {count !== undefined && <span className={classes.viewCount}>{count}</span>}
          </Link>
        );
      })}
    </nav>
  );
}
