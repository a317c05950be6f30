import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import type { FileInfo } from '@/api/types';

export type Post = Shape<
  gen.ShownPost,
  { at: string; to: gen.FeedRecipient[]; files: FileInfo[]; names: Record<string, string> }
>;
export type Comment = Shape<gen.ShownComment, { at: string; files: FileInfo[] }>;
export type Recipient = gen.FeedRecipient;

export const postsQuery = infiniteQueryOptions({
  queryKey: ['feed', 'posts'],
  queryFn: ({ signal, pageParam }) =>
    api.get<Page<Post>>('/posts', { cursor: pageParam || undefined, limit: 20 }, signal),
  initialPageParam: '',
  getNextPageParam: (last) => last.next || null,
});

export const postQuery = (id: string) =>
  queryOptions({
    queryKey: ['feed', 'post', id],
    queryFn: ({ signal }) => api.get<Post>(`/posts/${encodeURIComponent(id)}`, undefined, signal),
  });

export const commentsQuery = (post: string) =>
  infiniteQueryOptions({
    queryKey: ['feed', 'comments', post],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<Comment>>(
        `/posts/${encodeURIComponent(post)}/comments`,
        { cursor: pageParam || undefined, limit: 50 },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || null,
  });

export const addPost = (text: string, to: Recipient[]) => api.post<Post>('/posts', { text, to });
export const deletePost = (post: Post) => api.delete(`/posts/${post.id}`, { rev: post.rev });
export const addComment = (post: string, text: string) =>
  api.post<Comment>(`/posts/${post}/comments`, { text });
export const deleteComment = (post: string, comment: string) =>
  api.delete(`/posts/${post}/comments/${comment}`);

export async function attach(owner: string, files: readonly File[]): Promise<void> {
  for (const file of files) {
    const form = new FormData();
    form.set('owner', owner);
    form.set('file', file);
    await api.post<FileInfo>('/files', form);
  }
}
