import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleHelp } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api, type Page } from '@/api/client';
import { directoryQuery } from '@/api/queries/directory';
import { secretsQuery } from '@/api/queries/secrets';
import { pipelinesQuery } from '@/features/crm/queries';
import { useRoles } from '@/features/forms/roles';
import type { Reference, RefKind } from './api';
import classes from './Gallery.module.css';

type Named = { key: string; name: string };

/** What references of each kind may lead to here. */
function useChoices(
  kinds: ReadonlySet<RefKind>,
): Partial<Record<RefKind, { value: string; label: string }[]>> {
  const directory = useQuery({
    ...directoryQuery,
    enabled: kinds.has('user') || kinds.has('group') || kinds.has('role'),
  });
  const roles = useRoles(directory.data);
  const pipelines = useQuery({ ...pipelinesQuery, enabled: kinds.has('pipeline') || kinds.has('stage') });
  const templates = useQuery({
    queryKey: ['templates'],
    queryFn: ({ signal }) => api.get<Page<Named>>('/templates', undefined, signal),
    staleTime: 60_000,
    enabled: kinds.has('template'),
  });
  const processes = useQuery({
    queryKey: ['definitions', 'choices'],
    queryFn: ({ signal }) => api.get<Page<Named>>('/definitions', { limit: 200 }, signal),
    staleTime: 60_000,
    enabled: kinds.has('process'),
  });
  const secrets = useQuery({ ...secretsQuery, enabled: kinds.has('secret') });
  const named = (items: readonly Named[] | undefined) =>
    (items ?? []).map(({ key, name }) => ({ value: key, label: name }));
  // Stages of two pipelines may share an id; a choice is offered once.
  const stages = new Map(
    (pipelines.data?.items ?? []).flatMap((pipeline) =>
      pipeline.stages.map(({ id, name }) => [id, { value: id, label: `${pipeline.name}: ${name}` }] as const),
    ),
  );
  return {
    user: (directory.data?.users ?? [])
      .filter(({ active }) => active)
      .map(({ id, name }) => ({ value: id, label: name })),
    group: (directory.data?.groups ?? []).map(({ id, name }) => ({ value: id, label: name })),
    role: (directory.data?.roles ?? []).map(({ id }) => ({
      value: id,
      label: roles.title(id) ?? id,
    })),
    pipeline: (pipelines.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
    stage: [...stages.values()],
    template: named(templates.data?.items),
    process: named(processes.data?.items),
    secret: (secrets.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
  };
}

interface ReferencesProps {
  readonly references: readonly Reference[];
  readonly map: Readonly<Record<string, string>>;
  readonly onChange: (map: Record<string, string>) => void;
}

/** What a process names and what that means here: found by itself, or to be chosen. */
export function References({ references, map, onChange }: ReferencesProps) {
  const { t } = useTranslation('gallery');
  const choices = useChoices(new Set(references.map(({ kind }) => kind)));
  if (references.length === 0) return null;
  const missing = references.filter((reference) => !reference.id && !map[reference.key]).length;
  return (
    <section className={classes.references} aria-label={t('references.title')}>
      <h3 className={classes.heading}>{t('references.title')}</h3>
      <p className={classes.hint} role="status">
        {missing > 0 ? t('references.missing', { count: missing }) : t('references.found')}
      </p>
      {references.map((reference) => {
        const value = map[reference.key] ?? (reference.id || null);
        return (
          <div key={reference.key} className={classes.reference}>
            <span className={classes.referenceName}>
              {value ? (
                <CircleCheck size={16} color="var(--fx-status-done)" aria-hidden />
              ) : (
                <CircleHelp size={16} color="var(--fx-status-waiting)" aria-hidden />
              )}
              <span>
                {reference.name}
                <small>{t(`kind.${reference.kind}`)}</small>
              </span>
            </span>
            <Select
              aria-label={t('references.means', { name: reference.name })}
              placeholder={t('references.choose')}
              searchable
              size="sm"
              value={value}
              data={choices[reference.kind] ?? []}
              onChange={(chosen) => {
                const { [reference.key]: _, ...rest } = map;
                onChange(chosen ? { ...rest, [reference.key]: chosen } : rest);
              }}
            />
          </div>
        );
      })}
    </section>
  );
}
