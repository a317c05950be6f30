import { Anchor, Button, Group, NumberInput, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { formatDate, formatMoney } from '@/lib/format';
import { errorText, notifyDone } from '@/ui';
import classes from './Deal.module.css';
import { currencies, fieldErrors, minorUnits } from './fields';
import { partyOptionsQuery, updateDeal } from './queries';
import type { Deal, DealPatch } from './types';

type DealFieldsProps = { deal: Deal; mayEdit: boolean };

/** What is known of a deal; "Edit" turns the facts into a form. */
export function DealFields({ deal, mayEdit }: DealFieldsProps) {
  const { t } = useTranslation(['crm', 'common']);
  const [editing, setEditing] = useState(false);
  return (
    <section className={classes.card} aria-label={t('deal.facts')}>
      <header className={classes.cardHead}>
        <h2 className={classes.cardTitle}>{t('deal.facts')}</h2>
        {mayEdit && !editing && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<Pencil size={14} aria-hidden />}
            onClick={() => setEditing(true)}
          >
            {t('common:action.edit')}
          </Button>
        )}
      </header>
      {editing ? <DealForm deal={deal} onDone={() => setEditing(false)} /> : <Facts deal={deal} />}
    </section>
  );
}

function Facts({ deal }: { deal: Deal }) {
  const { t } = useTranslation('crm');
  return (
    <dl className={classes.facts}>
      <dt>{t('field.amount')}</dt>
      <dd className={classes.big}>{formatMoney(deal)}</dd>
      <dt>{t('field.company')}</dt>
      <dd>{deal.companyName || '–'}</dd>
      <dt>{t('field.contact')}</dt>
      <dd>{deal.contactName || '–'}</dd>
      <dt>{t('field.responsible')}</dt>
      <dd>{deal.responsibleName || '–'}</dd>
      <dt>{t('field.expectedCloseAt')}</dt>
      <dd>{deal.expectedCloseAt ? formatDate(deal.expectedCloseAt) : '–'}</dd>
      {Object.entries(deal.custom ?? {}).map(([name, value]) => (
        <Fact key={name} name={name} value={String(value)} />
      ))}
      {deal.comment && <Fact name={t('field.comment')} value={deal.comment} />}
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{/^https?:\/\/\S+$/.test(value) ? <Anchor href={value}>{value}</Anchor> : value}</dd>
    </>
  );
}

function DealForm({ deal, onDone }: { deal: Deal; onDone: () => void }) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const directory = useQuery(directoryQuery);
  const companies = useQuery(partyOptionsQuery('companies'));
  const contacts = useQuery(partyOptionsQuery('contacts'));
  const [patch, setPatch] = useState<DealPatch>({});
  const value = { ...deal, ...patch };
  const put = (change: DealPatch) => setPatch((old) => ({ ...old, ...change }));
  const priced = deal.products.length > 0;

  const save = useMutation({
    mutationFn: () => updateDeal(deal.id, deal.rev, patch),
    onSuccess: (saved) => {
      client.setQueryData(['deal', deal.id], saved);
      client.invalidateQueries({ queryKey: ['deal', deal.id] });
      client.invalidateQueries({ queryKey: ['board'] });
      notifyDone(t('deal.saved'));
      onDone();
    },
  });
  const errors = fieldErrors(save.error);
  const general = save.error && Object.keys(errors).length === 0 ? errorText(save.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const options = (items?: { id: string; name: string }[]) =>
    items?.map(({ id, name }) => ({ value: id, label: name })) ?? [];

  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          required
          label={t('field.title')}
          value={value.title}
          error={errors.title}
          onChange={(event) => put({ title: event.currentTarget.value })}
        />
        <Group gap="sm" wrap="nowrap" align="flex-start" grow preventGrowOverflow={false}>
          <NumberInput
            label={t('field.amount')}
            description={priced ? t('deal.amountComputed') : undefined}
            disabled={priced}
            min={0}
            decimalScale={2}
            hideControls
            value={value.amount / 100}
            error={errors.amount}
            onChange={(amount) => put({ amount: minorUnits(amount) ?? 0 })}
          />
          <Select
            label={t('field.currency')}
            description={priced ? '\u00a0' : undefined}
            disabled={priced}
            w={110}
            data={currencies}
            allowDeselect={false}
            value={value.currency}
            onChange={(currency) => put({ currency: currency ?? value.currency })}
          />
        </Group>
        <Select
          label={t('field.company')}
          searchable
          clearable
          data={options(companies.data?.items)}
          value={value.companyId || null}
          error={errors.companyId}
          onChange={(id) => put({ companyId: id ?? '' })}
        />
        <Select
          label={t('field.contact')}
          searchable
          clearable
          data={options(contacts.data?.items)}
          value={value.contactId || null}
          error={errors.contactId}
          onChange={(id) => put({ contactId: id ?? '' })}
        />
        <Select
          label={t('field.responsible')}
          searchable
          data={options(directory.data?.users.filter((person) => person.active))}
          value={value.responsibleId || null}
          error={errors.responsibleId}
          onChange={(id) => put({ responsibleId: id ?? '' })}
        />
        <TextInput
          type="date"
          label={t('field.expectedCloseAt')}
          value={value.expectedCloseAt?.slice(0, 10) ?? ''}
          error={errors.expectedCloseAt}
          onChange={(event) => put({ expectedCloseAt: event.currentTarget.value })}
        />
        <Textarea
          label={t('field.comment')}
          autosize
          minRows={2}
          maxRows={10}
          value={value.comment ?? ''}
          error={errors.comment}
          onChange={(event) => put({ comment: event.currentTarget.value })}
        />
        {general && (
          <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>
            {general.title} {general.remedy}
          </div>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onDone}>
            {t('common:action.cancel')}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={Object.keys(patch).length === 0}>
            {t('common:action.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
