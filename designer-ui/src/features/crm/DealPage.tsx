import { Button, Tabs } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Replace } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '@/api/useLive';
import { useMay } from '@/features/identity/useSession';
import { Crumbs } from '@/features/shell';
import { Later, later } from '@/lib/later';
import { boardPath } from '@/lib/records';
import { ErrorState, Page, PageSkeleton } from '@/ui';
import { ContactsCard } from './ContactsCard';
import classes from './Deal.module.css';
import { DealFields } from './DealFields';
import { DealRuns } from './DealRuns';
import { Documents } from './Documents';
import { Products } from './Products';
import { dealQuery, pipelinesQuery } from './queries';
import { RecordMenu } from './RecordMenu';
import { useRecordRoute } from './recordRoute';
import { StagePath } from './StagePath';
import type { CrmSearch } from './search';
import { Timeline } from './Timeline';
import { useTypeNames } from './TypeTabs';
import { useMoveDeal } from './useMoveDeal';

const ConvertDialog = later(() => import('./ConvertDialog').then((module) => module.ConvertDialog));

const ActivitiesPanel = later(
  () => import('@/features/activities/ActivitiesPanel').then((module) => module.ActivitiesPanel),
  'activities',
);

const RecordAutomation = later(
  () => import('@/features/automation/RecordAutomation').then((module) => module.RecordAutomation),
  'automation',
);

const RecordStatuses = later(
  () => import('@/features/status-processes/RecordStatuses').then((module) => module.RecordStatuses),
  'statusProcesses',
);

/** The card of one deal: its way, its facts, its story. */
export function DealPage() {
  const { t } = useTranslation(['crm', 'common']);
  const { type, id: dealId } = useRecordRoute();
  const { tab = 'story' } = useSearch({ from: '/app/crm/$type/$recordId' });
  const navigate = useNavigate({ from: '/crm/$type/$recordId' });
  const typeName = useTypeNames();
  const client = useQueryClient();
  const mayEdit = useMay('crm.edit');
  const deal = useQuery(dealQuery(type, dealId));
  const pipelines = useQuery(pipelinesQuery);
  const { move, isPending: moving, dialog: missingFields } = useMoveDeal();

  const [converting, setConverting] = useState(false);

  const refresh = useDebouncedCallback(() => client.invalidateQueries({ queryKey: ['deal', dealId] }), {
    delay: 150,
    maxWait: 300,
  });
  useLive(deal.data ? `board:${deal.data.pipelineId}` : null, {
    onSnapshot: () => {},
    onEvents: (events: { record?: { id: string } }[]) => {
      if (events.some((event) => event.record?.id === dealId)) refresh();
    },
  });

  if (deal.error) return <ErrorState error={deal.error} onRetry={() => deal.refetch()} />;
  if (!deal.data) return <PageSkeleton />;
  const pipeline = pipelines.data?.items.find((p) => p.id === deal.data.pipelineId);

  return (
    <Page
      title={deal.data.title}
      description={
        [deal.data.companyName, deal.data.contactName].filter(Boolean).join(' · ') ||
        (deal.data.companyId || deal.data.contactId ? t('party.hidden') : '')
      }
      actions={
        <>
          {type === 'lead' && mayEdit && (
            <Button leftSection={<Replace size={16} aria-hidden />} onClick={() => setConverting(true)}>
              {t('convert.action')}
            </Button>
          )}
          <RecordMenu record={deal.data} />
        </>
      }
    >
      <Crumbs above={[{ to: boardPath(type) as '/', label: typeName(type) }]} here={deal.data.title} />
      {pipeline && (
        <StagePath
          deal={deal.data}
          pipeline={pipeline}
          mayMove={mayEdit && !moving}
          onMove={(stage) => move({ deal: deal.data, stage })}
        />
      )}
      <Later>
        <RecordStatuses type={type} id={dealId} />
      </Later>
      <div className={classes.layout}>
        <div style={{ display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)', gap: 16 }}>
          <DealFields deal={deal.data} mayEdit={mayEdit} />
          <ContactsCard deal={deal.data} mayEdit={mayEdit} />
          <Products deal={deal.data} mayEdit={mayEdit} />
        </div>
        <section className={classes.card} aria-label={t('deal.activity')}>
          <Tabs
            value={tab}
            keepMounted={false}
            onChange={(value) => navigate({ search: { tab: value as CrmSearch['tab'] }, replace: true })}
          >
            <Tabs.List mb="md">
              <Tabs.Tab value="story">{t('story.title')}</Tabs.Tab>
              <Tabs.Tab value="activities">{t('activities.title')}</Tabs.Tab>
              <Tabs.Tab value="documents">{t('documents.title')}</Tabs.Tab>
              <Tabs.Tab value="automation">{t('board.automation')}</Tabs.Tab>
              <Tabs.Tab value="runs">{t('runs.title')}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="story">
              <Timeline type={type} dealId={dealId} mayEdit={mayEdit} />
            </Tabs.Panel>
            <Tabs.Panel value="activities">
              <Later fallback={<PageSkeleton />}>
                <ActivitiesPanel
                  record={{ type, id: dealId }}
                  contact={
                    deal.data.contactId
                      ? { id: deal.data.contactId, name: deal.data.contactName ?? deal.data.contactId }
                      : undefined
                  }
                  companyId={deal.data.companyId}
                  mayPlan={mayEdit}
                />
              </Later>
            </Tabs.Panel>
            <Tabs.Panel value="documents">
              <Documents type={type} dealId={dealId} mayEdit={mayEdit} />
            </Tabs.Panel>
            <Tabs.Panel value="automation">
              <Later>
                <RecordAutomation type={type} id={dealId} mayStop={mayEdit} />
              </Later>
            </Tabs.Panel>
            <Tabs.Panel value="runs">
              <DealRuns type={type} dealId={dealId} />
            </Tabs.Panel>
          </Tabs>
        </section>
      </div>
      {missingFields}
      <Later>{converting && <ConvertDialog lead={deal.data} onClose={() => setConverting(false)} />}</Later>
    </Page>
  );
}
