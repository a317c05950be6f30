import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Upload } from 'lucide-react';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useTypeNames } from '@/features/crm/TypeTabs';
import { Crumbs } from '@/features/shell';
import { overviewPath } from '@/lib/records';
import { ErrorState, notifyError, Page, PageSkeleton } from '@/ui';
import { draftQuery, type ImportDraft, startImport, uploadImport } from './api';
import { ImportPlan } from './ImportPlan';
import { ImportResult } from './ImportResult';
import { ImportStart } from './ImportStart';

/** A file becomes records: upload, what its columns are, what its rows would become, and the job. The address names the file. */
export function ImportPage() {
  const { t } = useTranslation(['transfer', 'common']);
  const { type } = useParams({ from: '/app/crm/import/$type' });
  const { file: id } = useSearch({ from: '/app/crm/import/$type' });
  const navigate = useNavigate({ from: '/crm/import/$type' });
  const client = useQueryClient();
  const things = useTypeNames()(type);
  const input = useRef<HTMLInputElement>(null);
  const draft = useQuery({ ...draftQuery(id ?? ''), enabled: id !== undefined });
  const keep = (next: ImportDraft) => client.setQueryData(draftQuery(next.id).queryKey, next);
  const upload = useMutation({
    mutationFn: (file: File) => uploadImport(type, file),
    onSuccess: (made) => {
      keep(made);
      void navigate({ search: { file: made.id } });
    },
    onError: notifyError,
  });
  const start = useMutation({
    mutationFn: (of: ImportDraft) => startImport(of.id),
    onSuccess: (job, of) => keep({ ...of, job: job.id }),
    onError: notifyError,
  });
  const choose = () => input.current?.click();
  const plan = draft.data;
  return (
    <Page
      title={t('importTitle', { things })}
      description={id ? undefined : t('hint')}
      actions={
        id && (
          <Button
            variant="default"
            leftSection={<Upload size={16} aria-hidden />}
            loading={upload.isPending}
            onClick={choose}
          >
            {t('chooseAnother')}
          </Button>
        )
      }
    >
      <Crumbs above={[{ to: overviewPath(type) as '/', label: things }]} here={t('common:nav.import')} />
      <input
        ref={input}
        type="file"
        accept=".csv,.txt,.tsv,.xlsx"
        hidden
        aria-label={t('choose')}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) upload.mutate(file);
        }}
      />
      {!id && <ImportStart type={type} sending={upload.isPending} onChoose={choose} onFile={upload.mutate} />}
      {id && draft.error && <ErrorState error={draft.error} onRetry={() => void draft.refetch()} />}
      {id && draft.isPending && <PageSkeleton />}
      {plan?.job && <ImportResult draft={plan} job={plan.job} onAnother={choose} />}
      {plan && !plan.job && (
        <ImportPlan
          draft={plan}
          onChange={keep}
          onStart={() => start.mutate(plan)}
          starting={start.isPending}
        />
      )}
    </Page>
  );
}
