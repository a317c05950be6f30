import { Button, Skeleton, Textarea } from '@mantine/core';
import { ArrowRight, Check, RotateCcw, X } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { type Completion, claimTask, type Outcome, type TaskDetail, uploadFile } from '@/api/queries/tasks';
import { ErrorSummary, type FieldError, type JsonSchema } from '@/features/forms';
import { useUser } from '@/features/identity/useSession';
import { useCommands } from '@/lib/commands';
import { Later, later } from '@/lib/later';
import { errorText, Kbd, notifyError } from '@/ui';
import { useDraft } from './draft';
import { FileUpload } from './FileUpload';
import {
  defaultsOf,
  formSchemaOf,
  isRefusal,
  leadsBack,
  needsComment,
  nextNodes,
  labelOf as outcomeLabel,
  outcomesOf,
} from './outcomes';
import classes from './Worklist.module.css';

const TaskForm = later(() => import('./TaskForm').then((module) => module.TaskForm));

type CompletionFormProps = {
  task: TaskDetail;
  onComplete: (input: { task: TaskDetail; completion: Completion; outcomeLabel: string }) => void;
  refusal: unknown;
};

/** Kinds of tasks that each person answers for themselves. */
const EVERYBODY = new Set(['approval', 'acknowledge']);

/** Broken rules of the server, by the part of the form that they name. */
function refusedFields(refusal: unknown): FieldError[] {
  if (!isApiError(refusal, 422)) return [];
  return refusal.details.map(({ path = '', message }) => ({
    path: path.replace(/^\/(body\/)?/, '/'),
    message,
  }));
}

/** What has to be given to complete a task, and one button per outcome. */
export function CompletionForm({ task, onComplete, refusal }: CompletionFormProps) {
  const { t } = useTranslation(['inbox', 'common']);
  const { t: inbox } = useTranslation('inbox');
  const user = useUser();
  const schema = useMemo(() => formSchemaOf(task), [task]);
  const { draft, change, touched } = useDraft(user.id, task.id, defaultsOf(schema));
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [tried, setTried] = useState(false);
  const comment = useRef<HTMLTextAreaElement>(null);
  const validator = useRef<((values: unknown) => FieldError[]) | null>(null);
  const outcomes = outcomesOf(task);
  const chosen = outcomes.find((outcome) => outcome.name === draft.outcome) ?? null;
  const open = task.status === 'open' || task.status === 'claimed';
  const able = open && task.canComplete;
  const labelOf = (outcome: Outcome) => outcomeLabel(inbox, task, outcome);

  const check = (outcome: Outcome, next = draft): FieldError[] => {
    const refusing = isRefusal(task, outcome);
    const found =
      schema && !refusing
        ? (validator.current?.(next.values) ?? []).map(({ path, message }) => ({
            path: `/values${path}`,
            message,
          }))
        : [];
    if (task.config.files?.required && next.files.length === 0 && !refusing) {
      found.push({ path: '/files', message: t('inbox:files.required') });
    }
    if (needsComment(task, outcome) && next.comment.trim() === '') {
      found.push({
        path: '/comment',
        message: t('inbox:complete.commentNeeded', { outcome: labelOf(outcome) }),
      });
    }
    return found;
  };

  // The first edit says to the others of the group: somebody is on it.
  const edit = (next: Partial<typeof draft>) => {
    const shared = (task.groups?.length ?? 0) > 0 || (task.assignees?.length ?? 0) > 1;
    if (!touched && shared && !EVERYBODY.has(task.kind) && !task.claimedBy)
      claimTask(task.id).catch(notifyError);
    change(next);
    if (tried) setErrors(check(chosen ?? (outcomes[0] as Outcome), { ...draft, ...next }));
  };

  const submit = (outcome: Outcome) => {
    const found = check(outcome);
    setTried(true);
    setErrors(found);
    if (found.length > 0) {
      change({ outcome: outcome.name });
      if (found.length === 1 && found[0]?.path === '/comment') {
        comment.current?.focus();
        // The focus alone leaves it behind the buttons, which stay at the lower edge.
        comment.current?.scrollIntoView({ block: 'center' });
      }
      return;
    }
    onComplete({
      task,
      outcomeLabel: labelOf(outcome),
      completion: {
        outcome: outcome.name || undefined,
        comment: draft.comment.trim() || undefined,
        values: schema ? draft.values : undefined,
        files: draft.files.length > 0 ? draft.files.map((file) => file.id) : undefined,
      },
    });
  };

  useCommands([
    ...outcomes.slice(0, 9).map((outcome, index) => ({
      id: `task.choose.${index}`,
      title: t('inbox:command.choose', { outcome: labelOf(outcome) }),
      section: t('inbox:command.section'),
      shortcut: `alt+${index + 1}`,
      enabled: () => able,
      run: () => {
        change({ outcome: outcome.name });
        document.getElementById(`outcome-${index}`)?.focus();
      },
    })),
    {
      id: 'task.submit',
      title: t('inbox:command.submit'),
      section: t('inbox:command.section'),
      shortcut: 'mod+enter',
      enabled: () => able && (chosen !== null || outcomes.length === 1),
      run: () => submit(chosen ?? (outcomes[0] as Outcome)),
    },
  ]);

  if (!open) return null;
  if (!able) {
    return <p className={classes.whyNot}>{task.whyNot ?? t('inbox:complete.notYours')}</p>;
  }

  const shownErrors = tried && errors.length > 0 ? errors : refusedFields(refusal);
  const summarySchema: JsonSchema = {
    type: 'object',
    properties: {
      values: schema ?? {},
      comment: { title: t('inbox:complete.comment') },
      files: { title: task.config.files?.label ?? t('inbox:files.title') },
    },
  };
  const errorAt = (path: string) => shownErrors.find((error) => error.path === path)?.message;
  const mayComment = task.config.comment !== 'never';
  const commentRequired = chosen ? needsComment(task, chosen) : task.config.comment === 'required';
  const refused = refusal && refusedFields(refusal).length === 0 ? errorText(refusal) : null;

  const bare = !schema && !task.config.files && !mayComment && !refused && shownErrors.length <= 1;

  return (
    <section className={classes.completing} aria-label={t('inbox:complete.section')}>
      <div className={classes.completion} hidden={bare}>
        {refused && (
          <p role="alert" className={classes.problem}>
            <strong>{refused.title}</strong> {refused.remedy}
          </p>
        )}
        {shownErrors.length > 1 && (
          <ErrorSummary schema={summarySchema} errors={shownErrors} idPrefix="task" />
        )}
        {schema && (
          <Later fallback={<Skeleton h={120} />}>
            <TaskForm
              fields={task.config.form ?? []}
              schema={schema}
              value={draft.values}
              onChange={(values) => edit({ values })}
              errors={shownErrors
                .filter(({ path }) => path.startsWith('/values'))
                .map(({ path, message }) => ({ path: path.slice('/values'.length), message }))}
              recordType={task.recordType}
              upload={(file) => uploadFile(file, `task:${task.id}`)}
              files={task.documents}
              validator={validator}
            />
          </Later>
        )}
        {task.config.files && (
          <FileUpload
            id="task/files"
            label={task.config.files.label ?? t('inbox:files.title')}
            required={task.config.files.required ?? false}
            owner={`task:${task.id}`}
            files={draft.files}
            error={errorAt('/files')}
            onChange={(files) => edit({ files })}
          />
        )}
        {mayComment && (
          <Textarea
            id="task/comment"
            ref={comment}
            autosize
            minRows={2}
            maxRows={10}
            label={t('inbox:complete.comment')}
            description={t('inbox:complete.commentHelp')}
            withAsterisk={commentRequired}
            aria-required={commentRequired}
            error={errorAt('/comment')}
            value={draft.comment}
            onChange={(event) => edit({ comment: event.currentTarget.value })}
          />
        )}
      </div>
      <div className={classes.decide}>
        <div className={classes.outcomes}>
          {outcomes.map((outcome, index) => {
            const next = nextNodes(task, outcome, t('inbox:complete.end'));
            const Icon =
              outcome.name === '' || outcome.positive ? Check : leadsBack(task, outcome) ? RotateCcw : X;
            return (
              <div key={outcome.name} className={classes.outcome}>
                <Button
                  id={`outcome-${index}`}
                  variant={outcome.name === '' || outcome.positive ? 'filled' : 'default'}
                  size="md"
                  aria-describedby={next.length > 0 ? `outcome-next-${index}` : undefined}
                  data-chosen={outcome.name === draft.outcome}
                  className={classes.outcomeButton}
                  leftSection={<Icon size={16} aria-hidden />}
                  onClick={() => submit(outcome)}
                >
                  {labelOf(outcome)}
                </Button>
                {next.length > 0 && (
                  <span id={`outcome-next-${index}`} className={classes.next}>
                    <ArrowRight size={12} aria-hidden />
                    {t('inbox:complete.next', { nodes: next.join(', ') })}
                  </span>
                )}
              </div>
            );
          })}
        </div>
        <p className={classes.keys}>
          {outcomes.length > 1 && (
            <>
              <Kbd shortcut="alt+1" /> … <Kbd shortcut={`alt+${Math.min(outcomes.length, 9)}`} />{' '}
              {t('inbox:keys.choose')}{' '}
            </>
          )}
          <Kbd shortcut="mod+enter" /> {t('inbox:keys.submit')}
        </p>
      </div>
    </section>
  );
}
