import { Button, MultiSelect } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { MessagesSquare, Paperclip } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { useLive } from '@/api/useLive';
import { EmptyState, ErrorState, notifyDone, notifyError, Page, PageSkeleton } from '@/ui';
import { addPost, attach, postQuery, postsQuery, type Recipient } from './api';
import classes from './Feed.module.css';
import { MentionInput } from './MentionInput';
import { withMentions } from './mentions';
import { PostCard } from './PostCard';

/** What colleagues and processes tell each other, the newest word first. */
export function FeedPage() {
  const { t } = useTranslation(['feed', 'common']);
  const client = useQueryClient();
  const { open } = useSearch({ from: '/app/feed' });
  const feed = useInfiniteQuery(postsQuery);
  const opened = useQuery({ ...postQuery(open ?? ''), enabled: Boolean(open) });
  useLive('feed', {
    onSnapshot: () => {},
    onEvents: () => void client.invalidateQueries({ queryKey: ['feed'] }),
  });
  const posts = (feed.data?.pages.flatMap((page) => page.items) ?? []).filter(({ id }) => id !== open);
  return (
    <Page title={t('feed:title')} width="narrow">
      <Composer />
      {open && opened.data && <PostCard post={opened.data} open />}
      {feed.error && <ErrorState error={feed.error} onRetry={() => feed.refetch()} />}
      {feed.isPending && <PageSkeleton />}
      {feed.data && posts.length === 0 && !open && (
        <EmptyState icon={MessagesSquare} title={t('feed:none')} text={t('feed:noneText')} />
      )}
      {posts.map((post) => (
        <PostCard key={post.id} post={post} />
      ))}
      {feed.hasNextPage && (
        <Button variant="subtle" loading={feed.isFetchingNextPage} onClick={() => feed.fetchNextPage()}>
          {t('common:action.loadMore')}
        </Button>
      )}
    </Page>
  );
}

function Composer() {
  const { t } = useTranslation('feed');
  const client = useQueryClient();
  const { data: directory } = useQuery(directoryQuery);
  const [text, setText] = useState('');
  const [to, setTo] = useState<string[]>([]);
  const [files, setFiles] = useState<File[]>([]);
  const input = useRef<HTMLInputElement>(null);
  const post = useMutation({
    mutationFn: async () => {
      const recipients = to.map((key): Recipient => {
        const [kind = '', ...id] = key.split(':');
        return { kind: kind as Recipient['kind'], id: id.join(':') };
      });
      const sent = await addPost(withMentions(text.trim(), directory?.users ?? []), recipients);
      await attach(`post:${sent.id}`, files);
    },
    onSuccess: () => {
      setText('');
      setTo([]);
      setFiles([]);
      notifyDone(t('posted'));
    },
    onError: notifyError,
    onSettled: () => client.invalidateQueries({ queryKey: ['feed'] }),
  });
  const send = () => {
    if (text.trim() && !post.isPending) post.mutate();
  };
  return (
    <form
      className={classes.card}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <MentionInput label={t('write')} value={text} onChange={setText} onSend={send} minRows={2} />
      <div className={classes.to}>
        <MultiSelect
          aria-label={t('to')}
          placeholder={to.length === 0 ? t('everybody') : undefined}
          searchable
          hidePickedOptions
          value={to}
          onChange={setTo}
          data={[
            {
              group: t('departments'),
              items: (directory?.departments ?? []).map(({ id, name }) => ({
                value: `department:${id}`,
                label: name,
              })),
            },
            {
              group: t('groups'),
              items: (directory?.groups ?? []).map(({ id, name }) => ({ value: `group:${id}`, label: name })),
            },
            {
              group: t('people'),
              items: (directory?.users ?? [])
                .filter(({ active }) => active)
                .map(({ id, name }) => ({ value: `user:${id}`, label: name })),
            },
          ]}
        />
        <input
          ref={input}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            setFiles([...files, ...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = '';
          }}
        />
        <Button
          variant="default"
          leftSection={<Paperclip size={14} aria-hidden />}
          onClick={() => input.current?.click()}
        >
          {files.length > 0 ? t('files', { count: files.length }) : t('attach')}
        </Button>
        <Button type="submit" loading={post.isPending} disabled={text.trim() === ''}>
          {t('post')}
        </Button>
      </div>
    </form>
  );
}
