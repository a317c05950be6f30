import { useQueryClient } from '@tanstack/react-query';
import { useLive } from '@/api/useLive';

type InboxEvent = { kind: 'taskOpened' | 'taskClosed' | 'notification' | 'activity'; id: string };

/** Keeps tasks and notifications fresh: the live inbox says what changed, the lists are then asked again. */
export function useInboxEvents(): void {
  const queryClient = useQueryClient();
  const refresh = (key: string) => void queryClient.invalidateQueries({ queryKey: [key] });
  useLive<unknown, InboxEvent>('inbox', {
    onSnapshot: () => {
      refresh('tasks');
      refresh('notifications');
      refresh('activities');
    },
    onEvents: (events) => {
      if (events.some((event) => event.kind.startsWith('task'))) refresh('tasks');
      if (events.some((event) => event.kind === 'notification')) refresh('notifications');
      if (events.some((event) => event.kind === 'activity')) refresh('activities');
    },
  });
}
