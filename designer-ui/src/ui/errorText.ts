import i18next from 'i18next';
import { isApiError } from '@/api/problem';

/** What happened and what to do about it as one text: a full stop stands between them, whether the title has one or not. */
export function errorSentences(error: unknown): string {
  const { title, remedy } = errorText(error);
  return remedy ? `${title.replace(/\.$/, '')}. ${remedy}` : title;
}

/** A problem in words: what happened, and what the person can do about it. */
export function errorText(error: unknown): { title: string; remedy: string | null } {
  const t = i18next.t;
  if (!isApiError(error)) {
    return { title: t('error.unexpected'), remedy: error instanceof Error ? error.message : null };
  }
  if (error.offline) return { title: t('error.offline'), remedy: t('error.offlineRemedy') };
  const remedy = error.problem.remedy ?? error.details.find((detail) => detail.remedy)?.remedy ?? null;
  if (error.status === 401) return { title: t('error.signedOut'), remedy: t('error.signedOutRemedy') };
  if (error.status === 403) return { title: t('error.forbidden'), remedy: error.problem.detail ?? remedy };
  if (error.status === 404) return { title: t('error.notFound'), remedy: error.problem.detail ?? remedy };
  if (error.status >= 500)
    return { title: t('error.server'), remedy: error.problem.detail ?? t('error.serverRemedy') };
  const title = error.problem.detail ?? error.problem.title ?? t('error.unexpected');
  return { title, remedy };
}
