import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { storage } from '@/lib/storage';
import { api } from '../client';
import { isApiError } from '../problem';
import type { Session, SessionOptions } from '../types';

/** Who is signed in; null for nobody. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await api.get<Session>('/session', undefined, signal);
    } catch (error) {
      if (isApiError(error, 401)) return null;
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

/** What the sign-in page may offer: demo users, or the set-up of the first administrator. */
export const sessionOptionsQuery = queryOptions({
  queryKey: ['session', 'options'],
  queryFn: ({ signal }) => api.get<SessionOptions>('/session/options', undefined, signal),
});

export const signIn = (credentials: { login: string; password: string }) =>
  api.post<Session>('/session', credentials);

export const signInAsDemo = (login: string) => api.post<Session>('/session/demo', { login });

/** Where this browser keeps that somebody is signed in: what a page needs is asked for beside the session then. */
export const signedInHere = 'signedIn';

export const signOut = () => {
  storage.set(signedInHere, null);
  return api.delete('/session');
};

/** Forgets everything that the person saw; what the sign-in page asks meanwhile stays. */
export function forgetAll(client: QueryClient): void {
  const [, options] = sessionOptionsQuery.queryKey;
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' || queryKey[1] !== options });
  client.getMutationCache().clear();
}

let farewell: (() => Promise<void>) | null = null;

/** Sets what is done between the last page and the sign-in page: after the page was asked whether it may be left. */
export const leaveBy = (end: (() => Promise<void>) | null) => {
  farewell = end;
};

export const takeLeave = async (): Promise<void> => {
  const end = farewell;
  farewell = null;
  await end?.();
};

export const setUpAdministrator = (body: Record<'code' | 'login' | 'name' | 'email' | 'password', string>) =>
  api.post<Session | undefined>('/setup', body);

export const savePreferences = (body: { language?: string; zone?: string; taskMail?: boolean }) =>
  api.patch<void>('/session/preferences', body);
