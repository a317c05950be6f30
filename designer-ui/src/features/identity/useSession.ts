import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { sessionQuery } from '@/api/queries/session';
import type { Permission, Role, Session, User } from '@/api/types';

/**
 * The session of the signed-in person. Only used below the shell, which renders nothing without one; a page that is on
 * its way out after the sign-out keeps the one that it had.
 */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  const last = useRef(data);
  if (data) last.current = data;
  if (!last.current) throw new Error('useSession outside of a signed-in page');
  return last.current;
}

export function useUser(): User {
  return useSession().user;
}

/** Whether the person may do something; the server decides again on every request. */
export function useMay(permission: Permission | undefined): boolean {
  const { data } = useQuery(sessionQuery);
  return permission === undefined || (data?.permissions.includes(permission) ?? false);
}

export function useHasRole(...roles: Role[]): boolean {
  const { data } = useQuery(sessionQuery);
  return data?.user.roles.some((role) => roles.includes(role)) ?? false;
}
