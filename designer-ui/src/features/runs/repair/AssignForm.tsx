import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import type { ProcessDocument } from '@/lib/process/types';
import type { Wish } from './api';
import { nodesOf, stepChoices } from './choices';

type AssignFormProps = {
  wish: Wish;
  onChange: (wish: Wish) => void;
  process: ProcessDocument;
  standing: string[];
  nameOf: (node: string) => string;
};

const people = new Set(['userTask', 'approval', 'acknowledge', 'requestInformation']);

/** Who gets an open task: the same people, in the same words, as where tasks are handed over. */
export function AssignForm({ wish, onChange, process, standing, nameOf }: AssignFormProps) {
  const { t } = useTranslation(['repair', 'common']);
  const { data: directory } = useQuery(directoryQuery);
  const all = directory?.users ?? [];
  const label = (name: string, title?: string) => (title ? `${name} · ${title}` : name);
  const tasks = nodesOf(process).filter(({ node }) => people.has(node.kind) && standing.includes(node.id));
  const nothing = t('common:form.nothingFound');
  return (
    <>
      <Select
        label={t('repair:field.taskStep')}
        placeholder={t('repair:field.anyStep')}
        clearable
        clearButtonProps={{ 'aria-label': t('repair:field.anyStep') }}
        data={stepChoices(tasks, nameOf)}
        value={wish.node ?? null}
        onChange={(node) => onChange({ ...wish, node: node ?? undefined })}
      />
      <Select
        label={t('repair:field.whose')}
        placeholder={t('repair:field.anybody')}
        clearable
        clearButtonProps={{ 'aria-label': t('repair:field.anybody') }}
        searchable
        nothingFoundMessage={nothing}
        data={all.map(({ id, name, title }) => ({ value: id, label: label(name, title) }))}
        value={wish.from ?? null}
        onChange={(from) => onChange({ ...wish, from: from ?? undefined })}
      />
      <Select
        label={t('repair:field.person')}
        searchable
        nothingFoundMessage={nothing}
        data={all
          .filter(({ active }) => active)
          .map(({ id, name, title }) => ({ value: id, label: label(name, title) }))}
        value={wish.person ?? null}
        onChange={(person) => onChange({ ...wish, person: person ?? undefined })}
      />
    </>
  );
}
