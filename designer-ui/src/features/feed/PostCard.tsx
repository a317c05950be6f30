import { ActionIcon, Anchor, Button } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bot, MessageSquare, Paperclip, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import type { FileInfo } from '@/api/types';
import { pathOf } from '@/features/activities/looks';
import { ConfirmDialog, notifyDone, notifyError, RelativeTime, UserAvatar } from '@/ui';
import { addComment, commentsQuery, deleteComment, deletePost, type Post } from './api';
import classes from './Feed.module.css';
import { MentionInput } from './MentionInput';
import { withMentions } from './mentions';
import { Said } from './Said';

/** One post with its comments, which open on demand. */
export function PostCard({ post, open = false }: { post: Post; open?: boolean }) {
  const { t } = useTranslation(['feed', 'common']);
  const client = useQueryClient();
  const [talking, setTalking] = useState(open);
  const [deleting, setDeleting] = useState(false);
  const remove = useMutation({
    mutationFn: () => deletePost(post),
    onSuccess: () => notifyDone(t('feed:deleted')),
    onError: notifyError,
    onSettled: () => {
      setDeleting(false);
      void client.invalidateQueries({ queryKey: ['feed'] });
    },
  });
  const to = post.to.map(({ kind, id }) =>
    kind === 'all' ? t('feed:everybody') : (post.names[`${kind}:${id}`] ?? t('feed:unknown')),
  );
  const author = post.authorName || t('feed:process');
  return (
    <article className={classes.card} data-open={open} aria-label={t('feed:by', { name: author })}>
      <header className={classes.head}>
        {post.authorId ? <UserAvatar name={author} size={32} /> : <Bot size={24} aria-hidden />}
        <div className={classes.who}>
          <div className={classes.name}>{author}</div>
          <div className={classes.meta}>
            {t('feed:sentTo', { names: to.join(', ') })} · <RelativeTime at={post.at} />
          </div>
        </div>
        {post.canDelete && (
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('feed:delete')}
            onClick={() => setDeleting(true)}
          >
            <Trash2 size={16} aria-hidden />
          </ActionIcon>
        )}
      </header>
      <p className={classes.text}>
        <Said text={post.text} />
      </p>
      {post.about && post.names.record && (
        <div className={classes.files}>
          <Anchor component={Link} to={pathOf(post.about)} size="sm">
            {post.names.record}
          </Anchor>
        </div>
      )}
      <Files files={post.files} />
      <Button
        mt="sm"
        size="compact-sm"
        variant="subtle"
        color="gray"
        aria-expanded={talking}
        leftSection={<MessageSquare size={14} aria-hidden />}
        onClick={() => setTalking(!talking)}
      >
        {post.comments > 0 ? t('feed:comments', { count: post.comments }) : t('feed:comment')}
      </Button>
      {talking && <Talk post={post.id} />}
      <ConfirmDialog
        opened={deleting}
        onClose={() => setDeleting(false)}
        danger
        title={t('feed:delete')}
        text={t('feed:deleteText')}
        confirmLabel={t('feed:delete')}
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </article>
  );
}

function Files({ files }: { files: readonly FileInfo[] }) {
  if (files.length === 0) return null;
  return (
    <div className={classes.files}>
      {files.map((file) => (
        <Anchor key={file.id} href={file.url} target="_blank" rel="noreferrer" size="sm">
          <Paperclip size={12} aria-hidden /> {file.name}
        </Anchor>
      ))}
    </div>
  );
}

function Talk({ post }: { post: string }) {
  const { t } = useTranslation(['feed', 'common']);
  const client = useQueryClient();
  const { data: directory } = useQuery(directoryQuery);
  const talk = useInfiniteQuery(commentsQuery(post));
  const [text, setText] = useState('');
  const refresh = () => client.invalidateQueries({ queryKey: ['feed'] });
  const say = useMutation({
    mutationFn: () => addComment(post, withMentions(text.trim(), directory?.users ?? [])),
    onSuccess: () => setText(''),
    onError: notifyError,
    onSettled: refresh,
  });
  const unsay = useMutation({
    mutationFn: (comment: string) => deleteComment(post, comment),
    onError: notifyError,
    onSettled: refresh,
  });
  const send = () => {
    if (text.trim() && !say.isPending) say.mutate();
  };
  const comments = talk.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <ul className={classes.comments}>
        {comments.map((comment) => (
          <li key={comment.id} className={classes.comment}>
            <UserAvatar name={comment.authorName} size={24} />
            <div>
              <span className={classes.name}>{comment.authorName}</span>{' '}
              <span className={classes.meta}>
                <RelativeTime at={comment.at} />
              </span>
              <p className={classes.text}>
                <Said text={comment.text} />
              </p>
              <Files files={comment.files} />
            </div>
            {comment.canDelete && (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('feed:deleteComment')}
                onClick={() => unsay.mutate(comment.id)}
              >
                <Trash2 size={14} aria-hidden />
              </ActionIcon>
            )}
          </li>
        ))}
      </ul>
      {talk.hasNextPage && (
        <Button
          variant="subtle"
          size="compact-sm"
          loading={talk.isFetchingNextPage}
          onClick={() => talk.fetchNextPage()}
        >
          {t('common:action.loadMore')}
        </Button>
      )}
      <form
        className={classes.reply}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <MentionInput label={t('feed:comment')} value={text} onChange={setText} onSend={send} />
        <Button type="submit" variant="default" loading={say.isPending} disabled={text.trim() === ''}>
          {t('feed:send')}
        </Button>
      </form>
    </>
  );
}
