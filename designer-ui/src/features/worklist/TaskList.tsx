import { Button, CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ListChecks, Search, SearchX } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type TaskSummary, taskCountsQuery } from '@/api/queries/tasks';
import { kindLooks } from '@/theme/kinds';
import { EmptyState, RelativeTime } from '@/ui';
import { DueBadge } from './DueBadge';
import type { TaskView, WorklistSearch } from './search';
import classes from './Worklist.module.css';

type TaskListProps = {
  tasks: readonly TaskSummary[];
  selected: string | undefined;
  search: WorklistSearch;
  loading: boolean;
  hasMore: boolean;
  onMore: () => void;
  onSearch: (change: Partial<WorklistSearch>) => void;
};

/** The middle pane: text filter, order, and the tasks of the chosen view. */
export function TaskList(props: TaskListProps) {
  const { t } = useTranslation(['inbox', 'common']);
  const { search, tasks } = props;
  const filtered = Boolean(search.q || search.definition);
  return (
    <div className={classes.listPane}>
      <div className={classes.listTools}>
        <SearchBox
          key={search.view}
          value={search.q ?? ''}
          onChange={(q) => props.onSearch({ q: q || undefined })}
        />
        <NativeSelect
          size="xs"
          w={130}
          aria-label={t('inbox:sort.label')}
          data={[
            { value: 'due', label: t('inbox:sort.due') },
            { value: 'newest', label: t('inbox:sort.newest') },
          ]}
          value={search.sort ?? 'due'}
          onChange={(event) =>
            props.onSearch({ sort: event.currentTarget.value === 'newest' ? 'newest' : undefined })
          }
        />
      </div>
      {tasks.length === 0 && !props.loading ? (
        filtered ? (
          <EmptyState
            icon={SearchX}
            title={t('inbox:empty.filtered')}
            action={
              <Button
                variant="default"
                onClick={() => props.onSearch({ q: undefined, definition: undefined })}
              >
                {t('common:action.clearFilters')}
              </Button>
            }
          />
        ) : (
          <NothingHere view={search.view ?? 'mine'} />
        )
      ) : (
        <ul className={classes.list} aria-label={t(`inbox:view.${search.view ?? 'mine'}`)}>
          {tasks.map((task) => (
            <TaskRow key={task.id} task={task} search={search} selected={task.id === props.selected} />
          ))}
          {props.hasMore && (
            <li className={classes.more}>
              <Button variant="subtle" onClick={props.onMore}>
                {t('common:action.loadMore')}
              </Button>
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

/** Why a view has no task. What waits for the person's groups is not missed, as the number at "My tasks" counts it. */
function NothingHere({ view }: { view: TaskView }) {
  const { t } = useTranslation('inbox');
  const { data: counts } = useQuery(taskCountsQuery);
  const waiting = view === 'mine' ? (counts?.group ?? 0) : 0;
  return (
    <EmptyState
      icon={ListChecks}
      title={t(`empty.${view}`)}
      text={waiting > 0 ? t('empty.inGroups', { count: waiting }) : view === 'mine' && t('empty.mineText')}
      action={
        waiting > 0 && (
          <Button renderRoot={(props) => <Link to="/tasks" search={{ view: 'group' }} {...props} />}>
            {t('view.group')}
          </Button>
        )
      }
    />
  );
}

function TaskRow({
  task,
  search,
  selected,
}: {
  task: TaskSummary;
  search: WorklistSearch;
  selected: boolean;
}) {
  const { t } = useTranslation('inbox');
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  const look = task.kind === 'approval' ? kindLooks.approval : kindLooks.task;
  const Icon = look.icon;
  return (
    <li ref={row}>
      <Link
        to="/tasks"
        search={{ ...search, task: task.id }}
        className={classes.row}
        data-selected={selected}
        aria-current={selected ? 'true' : undefined}
      >
        <span className={classes.rowIcon} style={{ color: look.color }}>
          <Icon size={18} aria-hidden />
        </span>
        <span className={classes.rowBody}>
          <span className={classes.rowTitle}>{task.name}</span>
          <span className={classes.rowMeta}>{task.recordTitle ?? task.definitionName}</span>
          <span className={classes.rowFoot}>
            {task.dueAt ? (
              <DueBadge dueAt={task.dueAt} overdue={task.overdue} />
            ) : (
              <span className={classes.due}>
                <RelativeTime at={task.openedAt} />
              </span>
            )}
            {task.claimedByName && (
              <span className={classes.due}>{t('claim.by', { name: task.claimedByName })}</span>
            )}
          </span>
        </span>
      </Link>
    </li>
  );
}

function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation(['inbox', 'common']);
  const [text, setText] = useState(value);
  const later = useDebouncedCallback(onChange, 250);
  return (
    <TextInput
      size="xs"
      flex={1}
      type="search"
      placeholder={t('inbox:search')}
      aria-label={t('inbox:search')}
      leftSection={<Search size={14} aria-hidden />}
      rightSection={
        text !== '' && (
          <CloseButton
            size="xs"
            aria-label={t('common:action.clearFilters')}
            onClick={() => {
              setText('');
              onChange('');
            }}
          />
        )
      }
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value);
      }}
    />
  );
}
