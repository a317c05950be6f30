import { Select, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
// The names themselves are light; the editor behind the index is not.
import { plainPath, useNames, useNaming, writtenPath } from '@/features/expressions/names';
import { useFormContext, type WidgetProps } from '../context';
import { readWho, type Who, writeWho } from '../person';
import { isRole, useRoles } from '../roles';
import classes from '../SchemaForm.module.css';
import { described } from './described';

/** Who is nearly always meant, and their heads: choices of their own, before everybody else. */
const COMMON = {
  responsible: { kind: 'path', name: 'record.responsible', head: false },
  headOfResponsible: { kind: 'path', name: 'record.responsible', head: true },
  startedBy: { kind: 'path', name: 'run.startedBy', head: false },
  headOfStarter: { kind: 'path', name: 'run.startedBy', head: true },
} as const satisfies Record<string, Who>;

const commonOf = (who: Who | undefined) =>
  (Object.keys(COMMON) as (keyof typeof COMMON)[]).find(
    (key) => COMMON[key].name === who?.name && COMMON[key].head === who.head,
  );

const keyOf = ({ kind, name }: Pick<Who, 'kind' | 'name'>): string =>
  kind === 'id' ? `id:${name}` : `path:${plainPath(name)}`;

/** A person (or group, or role) by name, from the record, or from an earlier step; and the head of whoever that is. */
export function PersonWidget({ groups, ...props }: WidgetProps & { groups: boolean }) {
  const { t } = useTranslation('designer');
  const { t: common } = useTranslation();
  const { scope } = useFormContext();
  const names = useNames(scope);
  const naming = useNaming();
  const directory = useQuery(directoryQuery).data;
  const { value, onChange, readOnly, required } = props;
  const who = readWho(value);
  const everyRole = useRoles(directory);
  const roles = groups ? everyRole.choices : [];
  const isGroup =
    who?.kind === 'id' && (isRole(who.name) || (directory?.groups ?? []).some(({ id }) => id === who.name));

  const persons = names.values.filter((name) => name.type === 'user');
  const items = (root: string) =>
    persons
      .filter(({ path }) => path.startsWith(`${root}.`))
      .map((name) => ({ value: keyOf({ kind: 'path', name: name.path }), label: naming.label(name) }));
  const data = [
    {
      group: t('person.depending'),
      items: (Object.keys(COMMON) as (keyof typeof COMMON)[]).map((key) => ({
        value: `common:${key}`,
        label: t(`person.${key}`),
      })),
    },
    {
      group: t('person.fromRecord'),
      items: items('record').filter((item) => item.value !== 'path:record.responsible'),
    },
    { group: t('person.fromSteps'), items: items('steps') },
    { group: t('person.variable'), items: [...items('vars'), ...items('params')] },
    {
      group: common('form.people'),
      items: (directory?.users ?? [])
        .filter(({ active }) => active)
        .map(({ id, name, title }) => ({ value: `id:${id}`, label: title ? `${name} · ${title}` : name })),
    },
    {
      group: common('form.groups'),
      items: groups
        ? (directory?.groups ?? []).map(({ id, name }) => ({ value: `id:${id}`, label: name }))
        : [],
    },
    {
      group: common('form.roles'),
      items: roles.map(({ value, label }) => ({ value: `id:${value}`, label })),
    },
  ].filter(({ items: own }) => own.length > 0);
  const often = commonOf(who);
  const chosen = often ? `common:${often}` : who && keyOf(who);
  const known = data.some(({ items: own }) => own.some((item) => item.value === chosen));
  const missing =
    chosen !== undefined && !known
      ? [
          {
            value: chosen,
            label: who?.kind === 'path' ? who.name : common('form.unknownChoice', { value: who?.name }),
          },
        ]
      : [];
  return (
    <div className={classes.stack}>
      <Select
        {...described(props)}
        aria-required={required}
        data={[...data, ...missing]}
        searchable
        clearable={!required}
        nothingFoundMessage={common('form.nothingFound')}
        maxDropdownHeight={320}
        value={chosen ?? null}
        onSearchChange={(text) => {
          if (text === '=') props.onExpression?.();
        }}
        onChange={(next) => {
          if (!next) return onChange(undefined);
          const [, wanted] = /^common:(.+)$/.exec(next) ?? [];
          if (wanted) return onChange(writeWho(COMMON[wanted as keyof typeof COMMON]));
          const at = next.indexOf(':');
          const kind = next.slice(0, at) as Who['kind'];
          const name = next.slice(at + 1);
          const step = kind === 'path' ? names.byPath.get(name) : undefined;
          onChange(
            writeWho({ kind, name: step ? writtenPath(step) : name, head: !often && (who?.head ?? false) }),
          );
        }}
      />
      {who && !often && !isGroup && (
        <Switch
          size="xs"
          label={t('person.head')}
          description={t('person.headHelp')}
          checked={who.head}
          disabled={readOnly}
          onChange={(event) => onChange(writeWho({ ...who, head: event.currentTarget.checked }))}
        />
      )}
    </div>
  );
}
