import { Button, Loader, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Pin } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import { errorText } from '@/ui';
import { recordingQuery, runsQuery } from './api';
import type { PartProps } from './parts';
import { pinsIn, type Recording, staleIn } from './recorded';
import classes from './Testing.module.css';

const SAMPLE = 'sample';
const LAST = 'last';

interface AnswersProps {
  readonly stage: PartProps['stage'];
  readonly onChange: (recorded: Recording | undefined, ready: boolean) => void;
}

/** With what robots answer: something made up, or what they really brought, in a run that is chosen or the last time. */
export function Answers({ stage, onChange }: AnswersProps) {
  const { t } = useTranslation('testing');
  const { document, name } = stage;
  const [value, setValue] = useState(SAMPLE);
  const [chosen, setChosen] = useState<{ value: string; label: string }>();
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search, 250);
  const labels: Record<string, string> = { [SAMPLE]: t('recorded.sample'), [LAST]: t('recorded.last') };
  const title = labels[value] ?? chosen?.label ?? '';
  // The field shows what is chosen; only what is typed is looked for.
  const runs = useQuery(runsQuery(document.key, wanted === title ? '' : wanted));
  const recording = useQuery({
    ...recordingQuery(document.key, value === LAST ? undefined : value, title),
    enabled: value !== SAMPLE,
  });
  const recorded = value === SAMPLE ? undefined : recording.data;
  const ready = value === SAMPLE || recorded !== undefined;
  useEffect(() => onChange(recorded, ready), [onChange, recorded, ready]);
  const listed = (runs.data?.items ?? []).map((run) => ({
    value: run.id,
    label: [
      run.recordTitle,
      formatDateTime(run.startedAt ?? ''),
      t('recorded.version', { version: run.version }),
    ]
      .filter(Boolean)
      .join(' · '),
  }));
  const choices = chosen && !listed.some((one) => one.value === chosen.value) ? [chosen, ...listed] : listed;
  const stale = staleIn(document, recorded);
  const hidden = [...(recorded?.answers.values() ?? [])]
    .flat()
    .reduce((sum, one) => sum + one.hidden.length, 0);
  return (
    <>
      <Select
        label={t('recorded.title')}
        description={t('recorded.help')}
        allowDeselect={false}
        searchable
        nothingFoundMessage={t('start.nothingFound')}
        searchValue={search}
        onSearchChange={setSearch}
        // The server has searched; what it found is shown as it is.
        filter={({ options }) => options}
        data={[
          { value: SAMPLE, label: labels[SAMPLE] as string },
          { value: LAST, label: labels[LAST] as string },
          ...(choices.length > 0 ? [{ group: t('recorded.runs'), items: choices }] : []),
        ]}
        value={value}
        onChange={(next) => {
          setValue(next ?? SAMPLE);
          setChosen(choices.find((one) => one.value === next));
        }}
      />
      {recording.isFetching && <Loader size={16} aria-label={t('playing')} />}
      {value !== SAMPLE && recording.error && <p role="alert">{errorText(recording.error).title}</p>}
      {recorded && (
        <div className={classes.card}>
          <p className={classes.hint}>
            {recorded.answers.size > 0
              ? t('recorded.found', { names: [...recorded.answers.keys()].map(name).join(', ') })
              : t('recorded.nothing')}
          </p>
          {stale.size > 0 && (
            <p className={classes.hint}>{t('recorded.stale', { names: [...stale].map(name).join(', ') })}</p>
          )}
          {hidden > 0 && <p className={classes.hint}>{t('recorded.hidden', { count: hidden })}</p>}
          {recorded.answers.size > 0 && (
            <div className={classes.row}>
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<Pin size={13} aria-hidden />}
                onClick={() => stage.pin(pinsIn(document, recorded))}
              >
                {t('recorded.pin')}
              </Button>
            </div>
          )}
        </div>
      )}
    </>
  );
}
