import { Alert, Button, Group, Modal, NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { useUser } from '@/features/identity/useSession';
import { notifyError } from '@/ui';
import { currencies, fieldErrors, minorUnits } from './fields';
import { KnownAlready } from './KnownAlready';
import { OwnInputs } from './OwnInputs';
import { each, leadFieldsOf, ownFieldsOf, recordTypesQuery, requiredOn, type Values } from './ownFields';
import { PartySelect } from './PartySelect';
import { createDeal } from './queries';
import type { Pipeline } from './types';

type NewDealModalProps = {
  opened: boolean;
  onClose: () => void;
  pipeline: Pipeline;
  /** The stage of the column in which it was asked for. */
  stage?: string | undefined;
};

/** Quick add: a name is enough. */
export function NewDealModal({ opened, onClose, pipeline, stage }: NewDealModalProps) {
  const { t } = useTranslation(['crm', 'common']);
  const user = useUser();
  const client = useQueryClient();
  const navigate = useNavigate();
  const directory = useQuery({ ...directoryQuery, enabled: opened });
  const [title, setTitle] = useState('');
  const [companyId, setCompanyId] = useState<string | null>(null);
  const [contact, setContact] = useState<{ id: string; name: string } | null>(null);
  const [responsibleId, setResponsibleId] = useState<string | null>(user.id);
  const [amount, setAmount] = useState<number | string>('');
  const [currency, setCurrency] = useState('EUR');
  const [stageId, setStageId] = useState<string | null>(stage ?? null);
  const [known, setKnown] = useState<Values>({});
  const types = useQuery(recordTypesQuery).data;
  const who = leadFieldsOf(types, pipeline.type);
  const stands = stageId ?? pipeline.stages[0]?.id;
  // A name is enough, but for what the stage itself asks for.
  const required = ownFieldsOf(types, pipeline.type).filter(
    (field) => !field.standard && field.type !== 'file' && requiredOn(field, pipeline.id, stands),
  );
  const asked = [...who, ...required];
  const isLead = who.length > 0;
  const named =
    title.trim() !== '' ||
    ['firstName', 'lastName', 'companyName', 'email', 'phone'].some((key) => each(known[key]).length > 0);

  const create = useMutation({
    mutationFn: () =>
      createDeal(pipeline.type, {
        pipelineId: pipeline.id,
        stageId: stageId ?? undefined,
        title: title.trim() || undefined,
        fields: asked.length > 0 ? known : undefined,
        companyId: companyId ?? undefined,
        contactId: contact?.id,
        responsibleId: responsibleId ?? undefined,
        amount: minorUnits(amount),
        currency,
      }),
    onSuccess: (deal) => {
      client.invalidateQueries({ queryKey: ['board'] });
      onClose();
      setTitle('');
      setAmount('');
      setKnown({});
      navigate({ to: '/crm/$type/$recordId', params: { type: `${deal.type}s`, recordId: deal.id } });
    },
    onError: (error) => {
      if (Object.keys(fieldErrors(error)).length === 0) notifyError(error);
    },
  });
  const errors = fieldErrors(create.error);
  const inputs = [
    ...['title', 'contactId', 'companyId', 'amount', 'responsibleId'],
    ...asked.map(({ key }) => `fields/${key}`),
  ];
  const elsewhere = Object.keys(errors).filter((path) => !inputs.includes(path));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t(pipeline.type === 'deal' ? 'board.newDeal' : 'board.newRecord')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            data-autofocus
            required={!isLead}
            label={t('field.title')}
            placeholder={isLead ? t('lead.titleOf') : undefined}
            maxLength={200}
            value={title}
            error={errors.title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          {isLead && (
            <>
              <OwnInputs
                fields={who}
                values={known}
                names={{}}
                errors={errors}
                isRequired={(field) => requiredOn(field, pipeline.id, stands)}
                onChange={(key, value) => setKnown((old) => ({ ...old, [key]: value }))}
              />
              <KnownAlready
                emails={known.email}
                phones={known.phone}
                take={{
                  contact: setContact,
                  company: ({ id }) => setCompanyId(id),
                  lead: ({ id }) => {
                    onClose();
                    void navigate({ to: '/crm/$type/$recordId', params: { type: 'leads', recordId: id } });
                  },
                }}
              />
            </>
          )}
          {contact && (
            <PartySelect
              kind="contacts"
              label={t('field.contact')}
              clearable
              name={contact.name}
              value={contact.id}
              error={errors.contactId}
              onChange={(id) => setContact(id ? { id, name: '' } : null)}
            />
          )}
          {(!isLead || companyId) && (
            <PartySelect
              kind="companies"
              makes
              label={t('field.company')}
              clearable
              value={companyId}
              error={errors.companyId}
              onChange={setCompanyId}
            />
          )}
          <Group gap="sm" grow preventGrowOverflow={false} wrap="nowrap" align="flex-start">
            <NumberInput
              label={t('field.amount')}
              min={0}
              decimalScale={2}
              hideControls
              value={amount}
              error={errors.amount}
              onChange={setAmount}
            />
            <Select
              label={t('field.currency')}
              w={110}
              data={currencies}
              allowDeselect={false}
              value={currency}
              onChange={(value) => setCurrency(value ?? 'EUR')}
            />
          </Group>
          <Select
            label={t('field.responsible')}
            searchable
            data={
              directory.data?.users
                .filter((person) => person.active)
                .map(({ id, name }) => ({ value: id, label: name })) ?? []
            }
            value={responsibleId}
            error={errors.responsibleId}
            onChange={setResponsibleId}
          />
          <Select
            label={t('field.stage')}
            data={pipeline.stages.map(({ id, name }) => ({ value: id, label: name }))}
            placeholder={pipeline.stages[0]?.name}
            value={stageId}
            onChange={setStageId}
          />
          <OwnInputs
            fields={required}
            values={known}
            names={{}}
            errors={errors}
            isRequired={() => true}
            onChange={(key, value) => setKnown((old) => ({ ...old, [key]: value }))}
          />
          {elsewhere.length > 0 && (
            <Alert color="red" variant="light" role="alert">
              {elsewhere.map((path) => (
                <div key={path}>{`${path}: ${errors[path]}`}</div>
              ))}
            </Alert>
          )}
          <Group justify="flex-end" gap="sm" mt="xs">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={create.isPending} disabled={!named}>
              {t('board.create')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
