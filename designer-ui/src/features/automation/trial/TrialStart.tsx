import { Button, NativeSelect, NumberInput, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUser } from '@/features/identity/useSession';
import { Segments } from '@/ui';
import { useBoard } from '../context';
import { candidatesQuery, type Subject } from './api';
import classes from './Trial.module.css';

interface TrialStartProps {
  readonly type: string;
  readonly busy: boolean;
  readonly onBegin: (record: Subject, at: string) => void;
}

/** Local time as an input of date and time has it. */
const local = (at: Date): string =>
  new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

/** With which record a trial begins, where it enters and when. */
export function TrialStart({ type, busy, onBegin }: TrialStartProps) {
  const { t } = useTranslation('trial');
  const { stages, rules } = useBoard();
  const user = useUser();
  const [real, setReal] = useState(true);
  const [search, setSearch] = useState('');
  const [sought] = useDebouncedValue(search, 200);
  const [id, setId] = useState<string | null>(null);
  const [title, setTitle] = useState(t('start.sample'));
  const [amount, setAmount] = useState<number | string>(10_000);
  const first = rules.stages.find(({ robots, triggers }) => robots.length + triggers.length > 0)?.stage;
  const [stage, setStage] = useState(first ?? stages[0]?.id ?? '');
  const [at, setAt] = useState(() => local(new Date()));
  const found = useQuery(candidatesQuery(type, sought)).data?.items ?? [];
  const ready = real ? id !== null : title.trim() !== '';
  return (
    <form
      className={classes.start}
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        const made = {
          title: title.trim(),
          amount: Math.round(Number(amount) * 100),
          responsibleId: user.id,
        };
        onBegin(
          real ? { id: id ?? '', stage } : { new: made, stage },
          new Date(at || Date.now()).toISOString(),
        );
      }}
    >
      <p className={classes.lead}>{t('start.lead')}</p>
      <Segments
        value={real ? 'real' : 'new'}
        onChange={(value) => setReal(value === 'real')}
        data={[
          { value: 'real', label: t('start.real') },
          { value: 'new', label: t('start.new') },
        ]}
      />
      {real ? (
        <Select
          label={t('start.record')}
          description={t('start.copied')}
          searchable
          data={found.map((record) => ({ value: record.id, label: record.title }))}
          filter={({ options }) => options}
          value={id}
          onChange={setId}
          searchValue={search}
          onSearchChange={setSearch}
          nothingFoundMessage={t('start.none')}
        />
      ) : (
        <>
          <TextInput
            label={t('start.title')}
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <NumberInput
            label={t('start.amount')}
            value={amount}
            onChange={setAmount}
            min={0}
            decimalScale={2}
          />
        </>
      )}
      <NativeSelect
        label={t('start.stage')}
        value={stage}
        onChange={(event) => setStage(event.currentTarget.value)}
        data={stages.map((one) => ({ value: one.id, label: one.name }))}
      />
      <TextInput
        type="datetime-local"
        label={t('start.at')}
        value={at}
        onChange={(event) => setAt(event.currentTarget.value)}
      />
      <Button type="submit" loading={busy} disabled={!ready} leftSection={<Play size={16} aria-hidden />}>
        {t('start.begin')}
      </Button>
    </form>
  );
}
