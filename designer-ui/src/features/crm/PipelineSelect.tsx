import { NativeSelect } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Pipeline } from './types';

type PipelineSelectProps = { pipelines: Pipeline[]; chosen: string; onChoose: (id: string) => void };

/** Which pipeline the board shows; fetched only where there are several. */
export function PipelineSelect({ pipelines, chosen, onChoose }: PipelineSelectProps) {
  const { t } = useTranslation('crm');
  return (
    <NativeSelect
      aria-label={t('board.pipeline')}
      data={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
      value={chosen}
      onChange={(event) => onChoose(event.currentTarget.value)}
    />
  );
}
