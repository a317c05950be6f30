import { QueryClient } from '@tanstack/react-query';
import { isApiError } from './problem';

/** Refused requests are answers, not accidents: only what never arrived or broke on the server is tried again. */
export function shouldRetry(failures: number, error: unknown): boolean {
  if (!isApiError(error)) return false;
  return failures < 2 && (error.offline || error.status >= 502);
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: shouldRetry, staleTime: 15_000, refetchOnWindowFocus: true },
      mutations: { retry: false },
    },
  });
}

export const queryClient = createQueryClient();
