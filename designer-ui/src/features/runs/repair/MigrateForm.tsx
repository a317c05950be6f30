import { Checkbox, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Fragment, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProcessDocument } from '@/lib/process/types';
import { useNamesOf } from '../names';
import { versionQuery, versionsQuery } from '../queries';
import type { Wish } from './api';
import { distinct, nodesOf } from './choices';
import classes from './Repair.module.css';

type MigrateFormProps = {
  wish: Wish;
  onChange: (wish: Wish) => void;
  process: ProcessDocument;
  definition: string;
  version: number;
  standing: string[];
  nameOf: (node: string) => string;
};

/** Which version, and which step takes the place of which: prefilled by equal ids. */
export function MigrateForm({
  wish,
  onChange,
  process,
  definition,
  version,
  standing,
  nameOf,
}: MigrateFormProps) {
  const { t } = useTranslation('repair');
  const [all, setAll] = useState(false);
  const versions = useQuery(versionsQuery(definition));
  const others = (versions.data?.items ?? []).map((item) => item.version).filter((n) => n !== version);
  const chosen = wish.version;
  const newest = others.length > 0 ? Math.max(...others) : undefined;
  useEffect(() => {
    if (chosen === undefined && newest !== undefined) onChange({ ...wish, version: newest });
  }, [chosen, newest, onChange, wish]);
  const target = useQuery({ ...versionQuery(definition, chosen ?? 0), enabled: chosen !== undefined });
  const there = target.data ? nodesOf(target.data.process).map(({ node }) => node) : [];
  const kindOf = new Map(nodesOf(process).map(({ node }) => [node.id, node.kind]));
  const nameThere = useNamesOf(target.data?.process);
  const rows = distinct(
    nodesOf(process)
      .filter(({ node }) => all || standing.includes(node.id))
      .map(({ node }) => ({ value: node.id, label: nameOf(node.id) })),
  );
  return (
    <>
      <Text size="sm">{t('migrate.text')}</Text>
      <Select
        label={t('field.version')}
        data={others.map((n) => String(n))}
        value={chosen === undefined ? null : String(chosen)}
        onChange={(value) =>
          onChange({ ...wish, version: value ? Number(value) : undefined, nodes: undefined })
        }
        allowDeselect={false}
      />
      {target.data && (
        <div className={classes.mapping}>
          <span className={classes.head}>{t('migrate.step')}</span>
          <span className={classes.head}>{t('migrate.becomes')}</span>
          {rows.map(({ value: id, label }) => (
            <Fragment key={id}>
              <span>{label}</span>
              <Select
                aria-label={`${t('migrate.becomes')}: ${label}`}
                placeholder={t('migrate.none')}
                searchable
                data={distinct(
                  there
                    .filter((node) => node.kind === kindOf.get(id))
                    .map((node) => ({ value: node.id, label: nameThere(node.id) })),
                )}
                value={wish.nodes?.[id] ?? (there.some((node) => node.id === id) ? id : null)}
                onChange={(to) => {
                  const { [id]: _, ...rest } = wish.nodes ?? {};
                  onChange({ ...wish, nodes: to && to !== id ? { ...rest, [id]: to } : rest });
                }}
              />
            </Fragment>
          ))}
        </div>
      )}
      <Checkbox
        label={t('migrate.all')}
        checked={all}
        onChange={(event) => setAll(event.currentTarget.checked)}
      />
    </>
  );
}
