import { Button, Checkbox, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { useMay } from '@/features/identity/useSession';
import { recordPath } from '@/lib/records';
import { ErrorState, errorText, notifyDone, PageSkeleton } from '@/ui';
import classes from './Convert.module.css';
import { type Conversion, conversionQuery, convertLead, pipelinesQuery } from './queries';
import type { Deal } from './types';

const NEW = 'new:';

/** What a lead becomes, decided in one place and done in one act. */
export function ConvertDialog({ lead, onClose }: { lead: Deal; onClose: () => void }) {
  const { t } = useTranslation(['crm', 'common']);
  const conversion = useQuery(conversionQuery(lead.id));
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('convert.title', { title: lead.title })}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      {conversion.error && <ErrorState error={conversion.error} onRetry={() => conversion.refetch()} />}
      {conversion.isPending && <PageSkeleton />}
      {conversion.data && <ConvertForm lead={lead} conversion={conversion.data} onClose={onClose} />}
    </Modal>
  );
}

type ConvertFormProps = { lead: Deal; conversion: Conversion; onClose: () => void };

function ConvertForm({ lead, conversion, onClose }: ConvertFormProps) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayAdd = useMay('crm.add');
  const pipelines = (useQuery(pipelinesQuery).data?.items ?? []).filter((one) => one.type === 'deal');
  const { contact, company } = conversion;
  const known = (type: string) => (conversion.known ?? []).filter((match) => match.type === type);
  const firstContact = lead.contactId || known('contact')[0]?.id;
  const firstCompany = lead.companyId || known('company')[0]?.id;
  const [withContact, setWithContact] = useState(
    Boolean(firstContact || contact.firstName || contact.email || contact.phone),
  );
  const [contactId, setContactId] = useState(firstContact ?? NEW);
  const [withCompany, setWithCompany] = useState(Boolean(firstCompany || lead.fields?.companyName));
  const [companyId, setCompanyId] = useState(firstCompany ?? NEW);
  const [withDeal, setWithDeal] = useState(mayAdd && pipelines.length > 0);
  const [title, setTitle] = useState(lead.title);
  const [pipelineId, setPipelineId] = useState<string | null>(null);
  const [stageId, setStageId] = useState<string | null>(null);
  const pipeline = pipelines.find((one) => one.id === pipelineId) ?? pipelines[0];

  const choices = (
    type: 'contact' | 'company',
    linked: string | undefined,
    name: string | undefined,
    fresh: string,
  ) => [
    ...(linked && !known(type).some((match) => match.id === linked)
      ? [{ value: linked, label: t('convert.linked', { name: name || t('party.hidden') }) }]
      : []),
    ...known(type).map((match) => ({
      value: match.id,
      label: t('convert.known', {
        name: [match.name, match.email || match.phone].filter(Boolean).join(' · '),
      }),
    })),
    {
      value: NEW,
      label: t(type === 'contact' ? 'convert.newContact' : 'convert.newCompany', { name: fresh }),
    },
  ];
  const chosen = (wanted: boolean, id: string) => (wanted ? { id: id === NEW ? undefined : id } : undefined);
  const convert = useMutation({
    mutationFn: () =>
      convertLead(lead, {
        contact: chosen(withContact, contactId),
        company: chosen(withCompany, companyId),
        deal: withDeal
          ? { title: title.trim(), pipelineId: pipeline?.id, stageId: stageId ?? undefined }
          : undefined,
      }),
    onSuccess: (made) => {
      for (const key of ['board', 'contacts', 'companies'])
        void client.invalidateQueries({ queryKey: [key] });
      void client.invalidateQueries({ queryKey: ['deal', lead.id] });
      notifyDone(t('convert.done', { title: lead.title }));
      onClose();
      if (made.deal) void navigate({ to: recordPath(made.deal.type, made.deal.id) as '/' });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    convert.mutate();
  };
  const failure = convert.error ? errorText(convert.error) : null;
  const details = isApiError(convert.error) ? convert.error.details.map(({ message }) => message) : [];
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Part label={t('field.contact')} checked={withContact} onChange={setWithContact}>
          <Select
            aria-label={t('field.contact')}
            allowDeselect={false}
            data={choices(
              'contact',
              lead.contactId,
              lead.contactName,
              contact.name || [contact.firstName, contact.lastName].filter(Boolean).join(' '),
            )}
            value={contactId}
            onChange={(id) => setContactId(id ?? NEW)}
          />
        </Part>
        <Part label={t('field.company')} checked={withCompany} onChange={setWithCompany}>
          <Select
            aria-label={t('field.company')}
            allowDeselect={false}
            data={choices('company', lead.companyId, lead.companyName, company.name)}
            value={companyId}
            onChange={(id) => setCompanyId(id ?? NEW)}
          />
        </Part>
        {mayAdd && (
          <Part label={t('convert.deal')} checked={withDeal} onChange={setWithDeal}>
            <TextInput
              label={t('field.title')}
              maxLength={200}
              value={title}
              onChange={(event) => setTitle(event.currentTarget.value)}
            />
            <Group gap="sm" grow>
              {pipelines.length > 1 && (
                <Select
                  label={t('board.pipeline')}
                  allowDeselect={false}
                  data={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
                  value={pipeline?.id ?? null}
                  onChange={(id) => {
                    setPipelineId(id);
                    setStageId(null);
                  }}
                />
              )}
              <Select
                label={t('field.stage')}
                allowDeselect={false}
                data={(pipeline?.stages ?? []).map(({ id, name }) => ({ value: id, label: name }))}
                value={stageId ?? pipeline?.stages[0]?.id ?? null}
                onChange={setStageId}
              />
            </Group>
          </Part>
        )}
        <p className={classes.note}>{t('convert.note')}</p>
        {failure && (
          <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>
            {failure.title} {details.join(' ')} {failure.remedy}
          </div>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button
            type="submit"
            loading={convert.isPending}
            disabled={(!withContact && !withCompany && !withDeal) || (withDeal && title.trim() === '')}
          >
            {t('convert.do')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

type PartProps = {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
};

function Part({ label, checked, onChange, children }: PartProps) {
  const id = useId();
  return (
    <section className={classes.part} aria-labelledby={id}>
      <Checkbox
        label={<span id={id}>{label}</span>}
        checked={checked}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      {checked && <div className={classes.inside}>{children}</div>}
    </section>
  );
}
