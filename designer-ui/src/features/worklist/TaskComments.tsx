import { Button, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { commentTask, type TaskDetail, taskQuery } from '@/api/queries/tasks';
import { notifyError, RelativeTime, UserAvatar } from '@/ui';
import classes from './Worklist.module.css';

/** The conversation about a task. */
export function TaskComments({ task }: { task: TaskDetail }) {
  const { t } = useTranslation('inbox');
  const queryClient = useQueryClient();
  const [text, setText] = useState('');
  const add = useMutation({
    mutationFn: () => commentTask(task.id, text.trim()),
    onSuccess: () => setText(''),
    onError: notifyError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: taskQuery(task.id).queryKey }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '') add.mutate();
  };
  const comments = task.comments ?? [];
  return (
    <section aria-labelledby="task-comments" className={classes.comments}>
      <h2 id="task-comments" className={classes.sectionTitle}>
        {t('comments.title')}
      </h2>
      {comments.length > 0 && (
        <ul className={classes.people}>
          {comments.map((comment) => {
            const name = comment.userName;
            return (
              <li key={comment.id} className={classes.person}>
                <UserAvatar name={name} />
                <span>
                  <strong>{name}</strong> · <RelativeTime at={comment.at} />
                  <span className={classes.quote}>{comment.text}</span>
                </span>
              </li>
            );
          })}
        </ul>
      )}
      <form onSubmit={submit}>
        <Textarea
          autosize
          minRows={1}
          maxRows={8}
          aria-label={t('comments.label')}
          placeholder={t('comments.placeholder')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {text.trim() !== '' && (
          <Button type="submit" variant="default" mt="sm" loading={add.isPending}>
            {t('comments.add')}
          </Button>
        )}
      </form>
    </section>
  );
}
