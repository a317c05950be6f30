import { Anchor, Button, Group, Paper, SegmentedControl, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Inbox } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import type { Status } from '@/theme/status';
import {
  EmptyState,
  ErrorState,
  notifyDone,
  notifyError,
  PageSkeleton,
  RelativeTime,
  StatusBadge,
} from '@/ui';
import { retrySubmission, type Submission, type SubmissionStatus, submissionsQuery } from './api';
import classes from './SiteForms.module.css';

const looks: Record<SubmissionStatus, Status> = {
  new: 'running',
  done: 'done',
  spam: 'skipped',
  failed: 'failed',
};
const filters: readonly (SubmissionStatus | '')[] = ['', 'done', 'failed', 'spam'];

/** What clients sent with a form, and what came of it. */
export function Submissions({ form }: { form: string }) {
  const { t } = useTranslation(['siteForms', 'common']);
  const client = useQueryClient();
  const mayEdit = useMay('automation.edit');
  const [status, setStatus] = useState<SubmissionStatus | ''>('');
  const query = useInfiniteQuery(submissionsQuery(form, status));
  const retry = useMutation({
    mutationFn: retrySubmission,
    onSuccess: () => {
      notifyDone(t('siteForms:retried'));
      void client.invalidateQueries({ queryKey: ['siteForms', form, 'submissions'] });
    },
    onError: notifyError,
  });
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <PageSkeleton />;
  const items = query.data.pages.flatMap((page) => page.items);
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label={t('siteForms:tab.sent')}
        value={status}
        onChange={(value) => setStatus(value as SubmissionStatus | '')}
        data={filters.map((value) => ({ value, label: t(`siteForms:filter.${value || 'all'}`) }))}
      />
      {items.length === 0 && (
        <EmptyState icon={Inbox} title={t('siteForms:nothingSent')} text={t('siteForms:nothingSentText')} />
      )}
      {items.map((item) => (
        <Paper key={item.id} withBorder p="sm" radius="lg">
          <Group gap="xs" mb="xs">
            <StatusBadge status={looks[item.status]} label={t(`siteForms:filter.${item.status}`)} />
            <RelativeTime at={item.at} />
            {item.record && (
              <Link
                to="/crm/$type/$recordId"
                params={{ type: `${item.record.type}s`, recordId: item.record.id }}
              >
                {t(
                  item.created
                    ? 'siteForms:madeRecord'
                    : item.moved
                      ? 'siteForms:movedRecord'
                      : 'siteForms:addedTo',
                )}
              </Link>
            )}
            {mayEdit && (item.status === 'failed' || item.status === 'spam') && (
              <Button size="compact-sm" variant="light" onClick={() => retry.mutate(item.id)}>
                {t(item.status === 'spam' ? 'siteForms:noSpam' : 'common:action.retry')}
              </Button>
            )}
          </Group>
          <dl className={classes.answers}>
            {(item.answers ?? []).map((answer) => (
              <div key={answer.field} style={{ display: 'contents' }}>
                <dt>{answer.label}</dt>
                <dd>
                  <AnswerText answer={answer} files={item.files ?? []} />
                </dd>
              </div>
            ))}
          </dl>
          {item.error && (
            <Text size="sm" c="red" mt="xs">
              {item.error}
            </Text>
          )}
        </Paper>
      ))}
      {query.hasNextPage && (
        <Button
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('common:action.loadMore')}
        </Button>
      )}
    </Stack>
  );
}

type AnswerTextProps = {
  answer: NonNullable<Submission['answers']>[number];
  files: NonNullable<Submission['files']>;
};

/** What was written, or the files that were sent. */
function AnswerText({ answer, files }: AnswerTextProps) {
  const sent = files.filter((file) => file.field === answer.field);
  if (sent.length === 0) return answer.text;
  return sent.map((file) => (
    <Anchor
      key={file.id}
      size="sm"
      display="block"
      w="fit-content"
      mih={24}
      href={`/api/v1/files/${encodeURIComponent(file.id)}?download=1`}
    >
      {file.name}
    </Anchor>
  ));
}
