import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';

export type FormField = gen.FormField;
export type SiteForm = Shape<gen.Form, { fields: FormField[]; updatedAt: string }>;
export type Askable = gen.FormAskable;
export type Submission = Shape<gen.FormSubmission, { at: string }>;
export type SubmissionStatus = Submission['status'];

const one = (id: string) => `/forms/${encodeURIComponent(id)}`;

export const formsQuery = queryOptions({
  queryKey: ['siteForms'],
  queryFn: ({ signal }) => api.get<Page<SiteForm>>('/forms', undefined, signal),
});

export const formQuery = (id: string) =>
  queryOptions({
    queryKey: ['siteForms', id],
    queryFn: ({ signal }) => api.get<SiteForm>(one(id), undefined, signal),
  });

export const askableQuery = (type: string) =>
  queryOptions({
    queryKey: ['formFields', type],
    queryFn: ({ signal }) => api.get<Page<Askable>>('/form-fields', { type }, signal),
    staleTime: 60_000,
  });

/** What is sent of a form: the rest is the server's. */
function inputOf({ id: _id, rev: _rev, createdAt: _created, updatedAt: _updated, ...rest }: SiteForm) {
  return rest;
}

export const createForm = (form: Omit<SiteForm, 'id' | 'rev' | 'createdAt' | 'updatedAt'>) =>
  api.post<SiteForm>('/forms', form);
export const saveForm = (form: SiteForm) => api.put<SiteForm>(one(form.id), inputOf(form), { rev: form.rev });
export const deleteForm = (form: SiteForm) => api.delete(one(form.id), { rev: form.rev });
export const previewForm = (form: SiteForm, signal?: AbortSignal) =>
  api.post<{ html: string }>('/form-preview', inputOf(form), { signal });

export const submissionsQuery = (id: string, status: SubmissionStatus | '') =>
  infiniteQueryOptions({
    queryKey: ['siteForms', id, 'submissions', status],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<Submission>>(
        `${one(id)}/submissions`,
        { status: status || undefined, limit: 30, cursor: pageParam },
        signal,
      ),
    staleTime: 0,
    refetchInterval: 15_000,
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });

export const retrySubmission = (id: string) =>
  api.post<Submission>(`/submissions/${encodeURIComponent(id)}/retry`);
