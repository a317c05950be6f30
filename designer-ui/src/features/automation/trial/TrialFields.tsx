import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { useBoard } from '../context';
import { showValue } from '../WhyNot';
import type { Act, Report } from './api';
import classes from './Trial.module.css';

/** Fields that are written under another name than they are read. */
const WRITTEN: Record<string, string> = { responsible: 'responsibleId' };
const STANDARD = ['title', 'amount', 'responsible', 'expectedCloseAt', 'comment'] as const;
const SHOWN = ['title', 'amount', 'responsible', 'expectedCloseAt', 'comment'];

interface Props {
  readonly type: string;
  readonly report: Report;
  readonly busy: boolean;
  readonly onAct: (act: Act) => void;
}

/** The record of the trial, and changing it by hand. */
export function TrialFields({ report, busy, onAct }: Props) {
  const { t } = useTranslation('trial');
  const { fieldName, personName } = useBoard();
  const people = useQuery(directoryQuery).data?.users ?? [];
  const record = report.record ?? {};
  const own = Object.keys(record).filter(
    (key) =>
      !SHOWN.includes(key) && !READ_ONLY.has(key) && !key.endsWith('Name') && typeof record[key] !== 'object',
  );
  const [field, setField] = useState<string>('amount');
  const [value, setValue] = useState('');
  const isOwn = own.includes(field);
  const kind =
    field === 'expectedCloseAt'
      ? 'date'
      : field === 'amount' || typeof record[field] === 'number'
        ? 'number'
        : 'text';
  const written = (): unknown => {
    if (field === 'amount') return Math.round(Number(value) * 100);
    if (typeof record[field] === 'number') return Number(value);
    if (typeof record[field] === 'boolean') return value === 'true';
    return value;
  };
  const show = (key: string): string =>
    key === 'responsible' ? personName(String(record[key] ?? '')) : showValue(record[key]);
  if (!report.record) return <p className={classes.muted}>{t('deleted')}</p>;
  return (
    <div className={classes.fields}>
      <form
        className={classes.set}
        onSubmit={(event) => {
          event.preventDefault();
          onAct({
            do: 'set',
            set: isOwn ? { fields: { [field]: written() } } : { [WRITTEN[field] ?? field]: written() },
          });
        }}
      >
        <NativeSelect
          label={t('field')}
          value={field}
          onChange={(event) => {
            setField(event.currentTarget.value);
            setValue('');
          }}
          data={[...STANDARD, ...own].map((key) => ({ value: key, label: fieldName(key) }))}
        />
        {field === 'responsible' || typeof record[field] === 'boolean' ? (
          <NativeSelect
            label={t('value')}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            data={
              field === 'responsible'
                ? [{ value: '', label: '–' }, ...people.map(({ id, name }) => ({ value: id, label: name }))]
                : [
                    { value: 'false', label: t('false') },
                    { value: 'true', label: t('true') },
                  ]
            }
          />
        ) : (
          <TextInput
            label={t('value')}
            type={kind}
            step={kind === 'number' ? 'any' : undefined}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
        )}
        <Button type="submit" variant="default" disabled={busy}>
          {t('change')}
        </Button>
      </form>
      <dl className={classes.facts}>
        {[...STANDARD, ...own].map((key) => (
          <div key={key}>
            <dt>{fieldName(key)}</dt>
            <dd>{show(key) || '–'}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const READ_ONLY = new Set([
  'id',
  'type',
  'pipeline',
  'stage',
  'stageName',
  'stageEntry',
  'currency',
  'createdAt',
  'createdBy',
  'repeat',
]);
