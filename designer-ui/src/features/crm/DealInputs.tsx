import { Group, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { currencies, minorUnits } from './fields';
import { OwnInputs } from './OwnInputs';
import { type FieldInfo, ownFieldsOf, recordTypesQuery, requiredOn } from './ownFields';
import { PartySelect } from './PartySelect';
import type { Deal, DealPatch } from './types';

type DealInputsProps = {
  deal: Deal;
  patch: DealPatch;
  /** Stage whose demands are marked: the one where the deal stands, or is to go. */
  stage: string;
  /** Fields to show; all when it is left out. */
  only?: readonly string[];
  errors: Record<string, string>;
  onChange: (change: DealPatch) => void;
};

/** The inputs of a deal, standard fields first, then those of the workspace. */
export function DealInputs({ deal, patch, stage, only, errors, onChange }: DealInputsProps) {
  const { t } = useTranslation('crm');
  const directory = useQuery(directoryQuery);
  const types = useQuery(recordTypesQuery);
  const value = { ...deal, ...patch };
  const priced = deal.products.length > 0;
  const shown = (key: string) => only === undefined || only.includes(key);
  const isRequired = (field: FieldInfo) => requiredOn(field, deal.pipelineId, stage);
  const standard = types.data?.items.find((type) => type.key === deal.type)?.fields ?? [];
  const own = ownFieldsOf(types.data, deal.type).filter((field) => shown(field.key));
  const marked = (key: string) => {
    const field = standard.find((one) => one.key === key);
    return field ? isRequired(field) : false;
  };
  const options = (items?: { id: string; name: string }[]) =>
    items?.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  // Who or what a deal points to may be gone; it stays visible instead of vanishing on the next save.
  const orGone = (list: { value: string; label: string }[], id?: string, name?: string) =>
    id && !list.some((option) => option.value === id) ? [...list, { value: id, label: name || id }] : list;

  return (
    <>
      {shown('title') && (
        <TextInput
          required
          label={t('field.title')}
          value={value.title}
          error={errors.title}
          onChange={(event) => onChange({ title: event.currentTarget.value })}
        />
      )}
      <OwnInputs
        fields={own.filter((field) => field.standard)}
        values={{ ...deal.fields, ...patch.fields }}
        names={deal.names ?? {}}
        errors={errors}
        owner={`${deal.type}:${deal.id}`}
        isRequired={isRequired}
        onChange={(key, next) => onChange({ fields: { ...patch.fields, [key]: next } })}
      />
      {shown('amount') && (
        <Group gap="sm" wrap="nowrap" align="flex-start" grow preventGrowOverflow={false}>
          <NumberInput
            label={t('field.amount')}
            withAsterisk={marked('amount')}
            description={priced ? t('deal.amountComputed') : undefined}
            disabled={priced}
            min={0}
            decimalScale={2}
            hideControls
            value={value.amount / 100}
            error={errors.amount}
            onChange={(amount) => onChange({ amount: minorUnits(amount) ?? 0 })}
          />
          <Select
            label={t('field.currency')}
            description={priced ? '\u00a0' : undefined}
            disabled={priced}
            w={110}
            data={currencies}
            allowDeselect={false}
            value={value.currency}
            onChange={(currency) => onChange({ currency: currency ?? value.currency })}
          />
        </Group>
      )}
      {shown('company') && (
        <PartySelect
          kind="companies"
          label={t('field.company')}
          withAsterisk={marked('company')}
          clearable
          name={deal.companyName}
          value={value.companyId || null}
          error={errors.companyId}
          onChange={(id) => onChange({ companyId: id ?? '' })}
        />
      )}
      {shown('contact') && (
        <PartySelect
          kind="contacts"
          label={t('field.contact')}
          withAsterisk={marked('contact')}
          clearable
          name={deal.contactName}
          value={value.contactId || null}
          error={errors.contactId}
          onChange={(id) => onChange({ contactId: id ?? '' })}
        />
      )}
      {shown('responsible') && (
        <Select
          label={t('field.responsible')}
          withAsterisk={marked('responsible')}
          searchable
          data={orGone(
            options(directory.data?.users.filter((person) => person.active)),
            deal.responsibleId,
            deal.responsibleName,
          )}
          value={value.responsibleId || null}
          error={errors.responsibleId}
          onChange={(id) => onChange({ responsibleId: id ?? '' })}
        />
      )}
      {shown('expectedCloseAt') && (
        <TextInput
          type="date"
          label={t('field.expectedCloseAt')}
          withAsterisk={marked('expectedCloseAt')}
          value={value.expectedCloseAt?.slice(0, 10) ?? ''}
          error={errors.expectedCloseAt}
          onChange={(event) => onChange({ expectedCloseAt: event.currentTarget.value })}
        />
      )}
      <OwnInputs
        fields={own.filter((field) => !field.standard)}
        values={{ ...deal.fields, ...patch.fields }}
        names={deal.names ?? {}}
        errors={errors}
        owner={`${deal.type}:${deal.id}`}
        isRequired={isRequired}
        onChange={(key, next) => onChange({ fields: { ...patch.fields, [key]: next } })}
      />
      {shown('comment') && (
        <Textarea
          label={t('field.comment')}
          withAsterisk={marked('comment')}
          autosize
          minRows={2}
          maxRows={10}
          value={value.comment ?? ''}
          error={errors.comment}
          onChange={(event) => onChange({ comment: event.currentTarget.value })}
        />
      )}
    </>
  );
}
