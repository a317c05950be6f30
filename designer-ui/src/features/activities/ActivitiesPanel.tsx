import { Button, Group } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CalendarCheck, ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '@/api/useLive';
import { EmptyState, ErrorState, PageSkeleton } from '@/ui';
import classes from './Activities.module.css';
import type { Plan } from './ActivityDialog';
import { ActivityRow } from './ActivityRow';
import { type Activity, type ActivityType, activitiesQuery, type RecordRef } from './api';
import { ActivityDialog, CloseDialog } from './dialogs';
import { activityTypes, typeIcons } from './looks';

type Props = {
  record: RecordRef;
  responsibleId?: string;
  contact?: { id: string; name: string };
  companyId?: string;
  mayPlan: boolean;
};

type Open =
  | { plan: ActivityType }
  | { edit: Activity }
  | { close: Activity; how: 'done' | 'cancellation' }
  | null;

/** What is planned and done about a record: the next thing first, the late ones in red. */
export function ActivitiesPanel({ record, contact, companyId, mayPlan }: Props) {
  const { t } = useTranslation(['activities', 'common']);
  const client = useQueryClient();
  const key = `${record.type}:${record.id}`;
  const query = useQuery(activitiesQuery({ record: key }));
  const [open, setOpen] = useState<Open>(null);
  const [history, setHistory] = useState(false);
  useLive(`record:${key}`, {
    onSnapshot: () => {},
    onEvents: () => void client.invalidateQueries({ queryKey: ['activities'] }),
  });

  if (query.error) return <ErrorState error={query.error} onRetry={() => query.refetch()} />;
  if (!query.data) return <PageSkeleton />;
  const planned = query.data.filter(({ status }) => status === 'planned');
  const ended = query.data
    .filter(({ status }) => status !== 'planned')
    .sort((a, b) => (b.closedAt ?? '').localeCompare(a.closedAt ?? ''));
  const rows = (activities: Activity[]) => (
    <ul className={classes.list}>
      {activities.map((activity) => (
        <ActivityRow
          key={activity.id}
          activity={activity}
          about={key}
          onEdit={(edit) => setOpen({ edit })}
          onClose={(close, how) => setOpen({ close, how })}
        />
      ))}
    </ul>
  );
  const plan = (type: ActivityType): Plan => ({
    type,
    record,
    ...(contact && { contacts: [contact] }),
    ...(companyId && { companyId }),
  });

  return (
    <>
      {mayPlan && (
        <Group gap="xs" mb="md">
          {activityTypes.map((type) => {
            const Icon = typeIcons[type];
            return (
              <Button
                key={type}
                size="compact-md"
                variant="default"
                leftSection={<Icon size={14} aria-hidden />}
                aria-label={t(`activities:plan.${type}`)}
                onClick={() => setOpen({ plan: type })}
              >
                {t(`activities:type.${type}`)}
              </Button>
            );
          })}
        </Group>
      )}
      {planned.length > 0 ? (
        rows(planned)
      ) : (
        <EmptyState icon={CalendarCheck} title={t('activities:none')} text={t('activities:noneText')} />
      )}
      {ended.length > 0 && (
        <>
          <Button
            mt="md"
            size="compact-sm"
            variant="subtle"
            color="gray"
            aria-expanded={history}
            leftSection={
              history ? <ChevronDown size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden />
            }
            onClick={() => setHistory(!history)}
          >
            {t('activities:history', { count: ended.length })}
          </Button>
          {history && rows(ended)}
        </>
      )}
      <Dialogs open={open} plan={plan} onClose={() => setOpen(null)} />
    </>
  );
}

function Dialogs(props: { open: Open; plan: (type: ActivityType) => Plan; onClose: () => void }) {
  const { open, onClose } = props;
  if (!open) return null;
  if ('plan' in open) return <ActivityDialog plan={props.plan(open.plan)} onClose={onClose} />;
  if ('edit' in open) return <ActivityDialog activity={open.edit} onClose={onClose} />;
  return <CloseDialog activity={open.close} how={open.how} onClose={onClose} />;
}
