import { Button, VisuallyHidden } from '@mantine/core';
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { MapPinOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { EmptyState, ErrorState, useDocumentTitle } from '@/ui';
import classes from './RoutePages.module.css';

export function NotFoundPage() {
  const { t } = useTranslation();
  const title = t('notFound.title');
  useDocumentTitle(title);
  return (
    <div className={classes.alone}>
      <VisuallyHidden component="h1">{title}</VisuallyHidden>
      <EmptyState
        icon={MapPinOff}
        title={t('notFound.heading')}
        text={t('notFound.text')}
        action={<Button renderRoot={(props) => <Link to="/" {...props} />}>{t('notFound.home')}</Button>}
      />
    </div>
  );
}

export function RouteErrorPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return <ErrorState error={error} onRetry={retry} />;
}
