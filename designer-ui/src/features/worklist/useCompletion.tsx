import { Button, Group, Text } from '@mantine/core';
import { type InfiniteData, useMutation, useQueryClient } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Page } from '@/api/client';
import { isApiError } from '@/api/problem';
import {
  type Completion,
  completeTask,
  type TaskDetail,
  type TaskSummary,
  takeBackCompletion,
  taskQuery,
} from '@/api/queries/tasks';
import { announce } from '@/lib/live';
import { hideToast, notifyDone, notifyError, showToast } from '@/ui';
import { forgetDraft } from './draft';

/** The server holds a decision this long, so that its author can take it back. */
export const undoSeconds = 6;

type Lists = InfiniteData<Page<TaskSummary>>;

const without = (id: string) => (lists: Lists | undefined) =>
  lists && {
    ...lists,
    pages: lists.pages.map((page) => ({ ...page, items: page.items.filter((task) => task.id !== id) })),
  };

type Input = { task: TaskDetail; completion: Completion; outcomeLabel: string };

/**
 * Completes tasks the quick way: the task leaves the list at once and the next one opens; a refusal brings it back
 * with the reason. For six seconds the decision can be undone.
 */
export function useCompletion(options: {
  user: string;
  onLeave: (id: string) => void;
  onReturn: (id: string) => void;
  onRefused: (error: unknown) => void;
}) {
  const { t } = useTranslation('inbox');
  const queryClient = useQueryClient();

  const undo = async (id: string, toast: string) => {
    hideToast(toast);
    try {
      await takeBackCompletion(id);
      notifyDone(t('undo.done'));
      options.onReturn(id);
    } catch (error) {
      notifyError(error);
    }
    void queryClient.invalidateQueries({ queryKey: ['tasks'] });
  };

  return useMutation({
    mutationFn: ({ task, completion }: Input) => completeTask(task.id, { ...completion, undoSeconds }),
    onMutate: async ({ task }) => {
      await queryClient.cancelQueries({ queryKey: ['tasks', 'list'] });
      const before = queryClient.getQueriesData<Lists>({ queryKey: ['tasks', 'list'] });
      options.onLeave(task.id);
      queryClient.setQueriesData<Lists>({ queryKey: ['tasks', 'list'] }, without(task.id));
      return { before };
    },
    onSuccess: (_, { task, outcomeLabel }) => {
      forgetDraft(options.user, task.id);
      const text = t('undo.completed', { task: task.name, outcome: outcomeLabel });
      const toast = `completed-${task.id}`;
      announce(text);
      showToast({
        id: toast,
        autoClose: undoSeconds * 1000,
        color: 'teal',
        message: (
          <Group justify="space-between" wrap="nowrap" gap="md">
            <Text size="md">{text}</Text>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<Undo2 size={14} aria-hidden />}
              onClick={() => void undo(task.id, toast)}
            >
              {t('undo.action')}
            </Button>
          </Group>
        ),
      });
    },
    onError: (error, { task }, context) => {
      for (const [key, data] of context?.before ?? []) queryClient.setQueryData(key, data);
      options.onReturn(task.id);
      options.onRefused(error);
      // Somebody was faster: the fresh task shows who decided what.
      if (isApiError(error, 409))
        void queryClient.invalidateQueries({ queryKey: taskQuery(task.id).queryKey });
    },
    onSettled: (_data, _error, { task }) => {
      void queryClient.invalidateQueries({ queryKey: ['tasks', 'list'] });
      void queryClient.invalidateQueries({ queryKey: ['tasks', 'counts'] });
      void queryClient.invalidateQueries({ queryKey: taskQuery(task.id).queryKey });
    },
  });
}
