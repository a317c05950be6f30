import { Anchor, Button, Group } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import {
  ArrowRight,
  CalendarCheck,
  CalendarClock,
  CircleDot,
  FileText,
  FileX,
  Hourglass,
  Link2,
  type LucideIcon,
  Mail,
  MessageSquare,
  NotebookPen,
  Paperclip,
  Pencil,
  Plus,
  RotateCcw,
  SquareCheck,
  Trash2,
  UserRound,
  Workflow,
} from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { MentionInput } from '@/features/feed/MentionInput';
import { withMentions } from '@/features/feed/mentions';
import { Said } from '@/features/feed/Said';
import { Later, later } from '@/lib/later';
import { ErrorState, notifyError, RelativeTime } from '@/ui';
import classes from './Deal.module.css';
import { Origin } from './Origin';
import { addComment, timelineQuery } from './queries';
import { filesOf, useEntryText } from './useEntryText';

const Why = later(() => import('@/features/automation/chain/Why').then((module) => module.Why), 'automation');

const signs: Record<string, LucideIcon> = {
  created: Plus,
  stageChanged: ArrowRight,
  fieldChanged: Pencil,
  responsibleChanged: UserRound,
  comment: MessageSquare,
  document: FileText,
  documentRemoved: FileX,
  mail: Mail,
  run: Workflow,
  task: SquareCheck,
  activity: CalendarCheck,
  booking: CalendarClock,
  history: NotebookPen,
  hold: Hourglass,
  deleted: Trash2,
  restored: RotateCcw,
  linked: Link2,
};

type TimelineProps = { type: string; dealId: string; mayEdit: boolean };

/** Everything that happened to a record, newest first, and a place to add a word. */
export function Timeline({ type, dealId, mayEdit }: TimelineProps) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const [text, setText] = useState('');
  const { data: directory } = useQuery(directoryQuery);
  const story = useInfiniteQuery(timelineQuery(type, dealId));
  const textOf = useEntryText();
  const comment = useMutation({
    mutationFn: () => addComment(type, dealId, withMentions(text.trim(), directory?.users ?? [])),
    onSuccess: () => {
      setText('');
      client.invalidateQueries({ queryKey: ['deal', dealId, 'timeline'] });
    },
    onError: notifyError,
  });

  if (story.error) return <ErrorState error={story.error} onRetry={() => story.refetch()} />;
  const entries = story.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {mayEdit && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) comment.mutate();
          }}
        >
          <MentionInput
            label={t('story.comment')}
            value={text}
            onChange={setText}
            onSend={() => {
              if (text.trim()) comment.mutate();
            }}
          />
          <Group justify="flex-end" mt="xs" mb="md">
            <Button type="submit" size="compact-md" disabled={text.trim() === ''} loading={comment.isPending}>
              {t('story.add')}
            </Button>
          </Group>
        </form>
      )}
      <ol className={classes.story}>
        {entries.map((entry) => {
          const Sign = signs[entry.kind] ?? CircleDot;
          return (
            <li key={entry.id} className={classes.entry}>
              <span className={classes.sign}>
                <Sign size={14} aria-hidden />
              </span>
              <div className={classes.entryBody}>
                <div>{textOf(entry)}</div>
                {filesOf(entry).map(
                  (file) =>
                    file.link && (
                      <div key={file.link}>
                        <Anchor
                          href={file.link}
                          target="_blank"
                          rel="noreferrer"
                          className={classes.entryFile}
                        >
                          <Paperclip size={12} aria-hidden /> {file.name}
                        </Anchor>
                      </div>
                    ),
                )}
                <Origin entry={entry} />
                {entry.text && entry.kind !== 'mail' && (
                  <div className={classes.said}>
                    <Said text={entry.text} />
                  </div>
                )}
                <div className={classes.when}>
                  {entry.actorName ?? (entry.run ? t('story.process') : t('story.system'))}
                  {' · '}
                  <RelativeTime at={entry.at} />
                  {entry.run && (
                    <>
                      {' · '}
                      <Anchor component={Link} to={`/runs/${entry.run}`} size="sm">
                        {t('story.openRun')}
                      </Anchor>
                    </>
                  )}
                  {(entry.run || entry.data?.trigger || entry.data?.event === 'chainTooLong') && (
                    <Later>
                      {' · '}
                      <Why path={`/records/${type}/${dealId}/timeline/${entry.id}`} />
                    </Later>
                  )}
                </div>
              </div>
            </li>
          );
        })}
      </ol>
      {story.hasNextPage && (
        <Button variant="subtle" loading={story.isFetchingNextPage} onClick={() => story.fetchNextPage()}>
          {t('common:action.loadMore')}
        </Button>
      )}
    </>
  );
}
