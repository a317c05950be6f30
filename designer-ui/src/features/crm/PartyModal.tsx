import { Button, Group, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { directoryQuery } from '@/api/queries/directory';
import { useMay, useUser } from '@/features/identity/useSession';
import { Later, later } from '@/lib/later';
import { ConfirmDialog, errorText, notifyDone, notifyError } from '@/ui';
import { LeaveGuard } from '@/ui/LeaveGuard';
import type { FieldPatch } from './clash';
import { fieldErrors } from './fields';
import { KnownAlready, type Match } from './KnownAlready';
import { OwnInputs } from './OwnInputs';
import { ownFieldsOf, recordTypesQuery, type Values } from './ownFields';
import { PartySelect } from './PartySelect';
import type { Company, Contact } from './types';
import { useMergedSave } from './useMergedSave';

const ActivitiesPanel = later(
  () => import('@/features/activities/ActivitiesPanel').then((module) => module.ActivitiesPanel),
  'activities',
);

const formFields = {
  contacts: ['firstName', 'lastName', 'position', 'email', 'phone'],
  companies: ['name', 'taxId', 'email', 'phone'],
} as const;

const sent = {
  contacts: [...formFields.contacts, 'companyId', 'responsibleId'],
  companies: [...formFields.companies, 'address', 'responsibleId'],
} as const;

type PartyModalProps = {
  kind: 'contacts' | 'companies';
  party: Partial<Contact & Company>;
  onClose: () => void;
  /** Opens one who is known already instead of making another. */
  onTake?: (party: Partial<Contact & Company>) => void;
};

/** Creates or changes a contact or a company. */
export function PartyModal({ kind, party, onClose, onTake }: PartyModalProps) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const mayPlan = useMay('crm.edit');
  const me = useUser();
  const people = useQuery(directoryQuery).data?.users.filter((person) => person.active) ?? [];
  const [value, setValue] = useState(party);
  const [own, setOwn] = useState<Values>({});
  const [leaving, setLeaving] = useState(false);
  const recordType = kind === 'contacts' ? 'contact' : 'company';
  const types = useQuery(recordTypesQuery);
  // Names of what own fields point to come with one record, not with the list.
  const full = useQuery({
    queryKey: [kind, party.id],
    queryFn: ({ signal }) => api.get<Contact | Company>(`/${kind}/${party.id}`, undefined, signal),
    enabled: Boolean(party.id) && Object.keys(party.fields ?? {}).length > 0,
  });
  const done = () => {
    void client.invalidateQueries({ queryKey: [kind] });
    onClose();
  };
  const { save, isPending, error, dialog } = useMergedSave<FieldPatch, unknown>({
    recordType,
    send: (body, rev) =>
      party.id ? api.patch(`/${kind}/${party.id}`, body, { rev }) : api.post(`/${kind}`, body),
    onSaved: () => {
      notifyDone(t('party.saved'));
      done();
    },
    onTheirs: done,
  });
  const errors = fieldErrors(error);
  // The server makes who adds a client responsible for it.
  const responsible = value.responsibleId ?? (party.id ? '' : me.id);
  const options = people.map(({ id, name }) => ({ value: id, label: name }));
  if (responsible && !options.some((one) => one.value === responsible))
    options.push({ value: responsible, label: party.responsibleName || responsible });
  const changed =
    sent[kind].some((field) => (value[field] ?? '') !== (party[field] ?? '')) || Object.keys(own).length > 0;
  const leave = () => (changed ? setLeaving(true) : onClose());
  const take = async (id: string) => {
    try {
      onTake?.(await api.get<Contact & Company>(`/${kind}/${id}`));
    } catch (refusal) {
      notifyError(refusal);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // What was not touched is not sent: somebody else may have changed it meanwhile.
    const touched = sent[kind].filter((field) => value[field] !== party[field]);
    save(
      { ...Object.fromEntries(touched.map((field) => [field, value[field]])), fields: own },
      party.rev ?? 0,
    );
  };
  return (
    <Modal
      opened
      onClose={leave}
      closeOnEscape={!leaving}
      title={party.id ? party.name : t(`${kind}.new`)}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          {formFields[kind].map((field, index) => (
            <TextInput
              key={field}
              data-autofocus={index === 0 || undefined}
              required={field === 'name' || field === 'lastName'}
              type={field === 'email' ? 'email' : 'text'}
              label={t(`field.${field}`)}
              value={value[field] ?? ''}
              error={errors[field]}
              onChange={(event) => setValue({ ...value, [field]: event.currentTarget.value })}
            />
          ))}
          {kind === 'companies' && (
            <Textarea
              label={t('field.address')}
              autosize
              minRows={2}
              value={value.address ?? ''}
              error={errors.address}
              onChange={(event) => setValue({ ...value, address: event.currentTarget.value })}
            />
          )}
          {kind === 'contacts' && (
            <PartySelect
              kind="companies"
              label={t('field.company')}
              clearable
              value={value.companyId || null}
              error={errors.companyId}
              onChange={(companyId) => setValue({ ...value, companyId: companyId ?? '' })}
            />
          )}
          <Select
            label={t('field.responsible')}
            searchable
            clearable
            data={options}
            value={responsible || null}
            error={errors.responsibleId}
            onChange={(id) => setValue({ ...value, responsibleId: id ?? '' })}
          />
          <OwnInputs
            fields={ownFieldsOf(types.data, recordType)}
            values={{ ...party.fields, ...own }}
            names={full.data?.names ?? {}}
            errors={errors}
            owner={party.id ? `${recordType}:${party.id}` : undefined}
            isRequired={(field) => field.required === true}
            onChange={(key, next) => setOwn({ ...own, [key]: next })}
          />
          <KnownAlready
            emails={value.email === party.email ? undefined : value.email}
            phones={value.phone === party.phone ? undefined : value.phone}
            except={party.id}
            take={onTake && !party.id ? { [recordType]: ({ id }: Match) => void take(id) } : undefined}
          />
          {error !== null && Object.keys(errors).length === 0 && (
            <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>
              {errorText(error).title}
            </div>
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={leave}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
      {dialog}
      <LeaveGuard active={changed && !isPending} />
      <ConfirmDialog
        opened={leaving}
        onClose={() => setLeaving(false)}
        danger
        title={t('common:leave.title')}
        text={t('common:leave.text')}
        confirmLabel={t('common:leave.confirm')}
        cancelLabel={t('common:leave.stay')}
        onConfirm={onClose}
      />
      {party.id && (
        <Later fallback={null}>
          <h3 style={{ margin: '24px 0 12px', fontSize: 14 }}>{t('activities.title')}</h3>
          <ActivitiesPanel
            record={{ type: recordType, id: party.id }}
            contact={kind === 'contacts' ? { id: party.id, name: party.name ?? party.id } : undefined}
            companyId={kind === 'companies' ? party.id : undefined}
            mayPlan={mayPlan}
          />
        </Later>
      )}
    </Modal>
  );
}
