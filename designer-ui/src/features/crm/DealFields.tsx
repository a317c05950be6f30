import { Button, Skeleton } from '@mantine/core';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDateOnly, formatMoney } from '@/lib/format';
import { Later, later } from '@/lib/later';
import classes from './Deal.module.css';
import { OwnFacts } from './OwnFacts';
import type { Deal } from './types';

const DealForm = later(() => import('./DealForm').then((module) => module.DealForm));

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
      {editing ? (
        <Later fallback={<Skeleton height={420} />}>
          <DealForm deal={deal} onDone={() => setEditing(false)} />
        </Later>
      ) : (
        <Facts deal={deal} mayEdit={mayEdit} />
      )}
    </section>
  );
}

function Facts({ deal, mayEdit }: DealFieldsProps) {
  const { t } = useTranslation('crm');
  return (
    <dl className={classes.facts}>
      <OwnFacts recordType={deal.type} values={deal.fields ?? {}} names={deal.names ?? {}} builtIn />
      <dt>{t('field.amount')}</dt>
      <dd className={classes.big}>{formatMoney(deal)}</dd>
      <dt>{t('field.company')}</dt>
      <dd>{deal.companyName || (deal.companyId ? t('party.hidden') : '–')}</dd>
      <dt>{t('field.responsible')}</dt>
      <dd>{deal.responsibleName || '–'}</dd>
      <dt>{t('field.expectedCloseAt')}</dt>
      <dd>{deal.expectedCloseAt ? formatDateOnly(deal.expectedCloseAt) : '–'}</dd>
      <OwnFacts
        recordType={deal.type}
        values={deal.fields ?? {}}
        names={deal.names ?? {}}
        builtIn={false}
        record={{ type: deal.type, id: deal.id }}
        mayEdit={mayEdit}
      />
      {deal.comment && (
        <>
          <dt>{t('field.comment')}</dt>
          <dd>{deal.comment}</dd>
        </>
      )}
    </dl>
  );
}
