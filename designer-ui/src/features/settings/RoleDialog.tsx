import {
  ActionIcon,
  Button,
  Group,
  Modal,
  MultiSelect,
  NativeSelect,
  Select,
  Stack,
  TextInput,
} from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { fieldErrors } from '@/features/crm/fields';
import { recordTypesQuery } from '@/features/crm/ownFields';
import { pipelinesQuery } from '@/features/crm/queries';
import { errorSentences } from '@/ui';
import classes from './RoleDialog.module.css';
import {
  actions,
  cell,
  type Place,
  type Reach,
  type Role,
  reachesOf,
  rightsOf,
  saveRole,
  tableOf,
} from './roles';

type RoleDialogProps = {
  /** null makes a new role. */
  role: Role | null;
  title: string;
  typeName: (key: string) => string;
  onClose: () => void;
  onSaved: () => void;
};

/** Who holds a role, and what it lets them do with records: everywhere, and differently by type, pipeline or stage. */
export function RoleDialog({ role, title, typeName, onClose, onSaved }: RoleDialogProps) {
  const { t } = useTranslation(['settings', 'common']);
  const { data: directory } = useQuery(directoryQuery);
  const types = useQuery(recordTypesQuery).data?.items ?? [];
  const pipelines = useQuery(pipelinesQuery).data?.items ?? [];
  const [name, setName] = useState(role?.name ?? '');
  const [userIds, setUserIds] = useState<string[]>(role?.userIds ?? []);
  const [groupIds, setGroupIds] = useState<string[]>(role?.groupIds ?? []);
  const [departmentIds, setDepartmentIds] = useState<string[]>(role?.departmentIds ?? []);
  const [table, setTable] = useState(() => tableOf(role?.rights ?? []));
  const save = useMutation({
    mutationFn: () => {
      const rights = rightsOf(table);
      return saveRole(
        role,
        role?.builtIn ? { rights } : { name: name.trim(), rights, userIds, groupIds, departmentIds },
      );
    },
    onSuccess: onSaved,
  });
  const errors = fieldErrors(save.error);
  const shown = ['name', 'userIds', 'groupIds', 'departmentIds'];
  const general = save.error && !shown.some((field) => errors[field]) ? errorSentences(save.error) : null;

  const placeName = (place: Place): string => {
    const [kind, rest = ''] = place.split(/:(.*)/s);
    if (kind === 'type') return typeName(rest);
    const [id, stage] = rest.split(/\/(.*)/s);
    const pipeline = pipelines.find((one) => one.id === id);
    if (kind === 'pipeline') return pipeline?.name ?? rest;
    if (kind === 'stage')
      return `${pipeline?.name ?? id}: ${pipeline?.stages.find((one) => one.id === stage)?.name ?? stage}`;
    return t('roles.everywhere');
  };
  const choices = [
    {
      group: t('roles.types'),
      items: types.map((type) => ({ value: `type:${type.key}`, label: typeName(type.key) })),
    },
    {
      group: t('roles.pipelines'),
      items: pipelines.map((one) => ({ value: `pipeline:${one.id}`, label: one.name })),
    },
    ...pipelines.map((one) => ({
      group: t('roles.stagesOf', { name: one.name }),
      items: one.stages.map((stage) => ({
        value: `stage:${one.id}/${stage.id}`,
        label: `${one.name}: ${stage.name}`,
      })),
    })),
  ].map((group) => ({ ...group, items: group.items.filter((item) => !table.places.includes(item.value)) }));

  const setReach = (place: Place, action: string, reach: string) =>
    setTable(({ places, cells }) => {
      const next = { ...cells };
      if (reach) next[cell(place, action)] = reach as Reach;
      else delete next[cell(place, action)];
      return { places, cells: next };
    });
  const removePlace = (place: Place) =>
    setTable(({ places, cells }) => ({
      places: places.filter((one) => one !== place),
      cells: Object.fromEntries(Object.entries(cells).filter(([key]) => !key.startsWith(`${place}\n`))),
    }));
  const unsaid = (place: Place, action: string) => {
    const clients = place === 'type:contact' || place === 'type:company';
    if (place && !(clients && role?.builtIn && !table.cells[cell('', action)])) return t('roles.asElsewhere');
    const usual = (clients ? role?.defaultClients : role?.default)?.[action];
    return usual ? t('roles.usual', { reach: t(`roles.reach.${usual}`) }) : t('roles.reach.none');
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const people = (list: readonly { id: string; name: string }[] | undefined) =>
    (list ?? []).map((one) => ({ value: one.id, label: one.name }));

  return (
    <Modal
      opened
      onClose={onClose}
      size="70rem"
      title={title}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="lg">
          {general && (
            <p role="alert" className={classes.error}>
              {general}
            </p>
          )}
          {!role?.builtIn && (
            <>
              <TextInput
                label={t('roles.name')}
                required
                maxLength={200}
                value={name}
                error={errors.name}
                onChange={(event) => setName(event.currentTarget.value)}
                data-autofocus
              />
              <div className={classes.holders}>
                <MultiSelect
                  label={t('roles.people')}
                  searchable
                  data={people(directory?.users.filter((user) => user.active || userIds.includes(user.id)))}
                  value={userIds}
                  error={errors.userIds}
                  onChange={setUserIds}
                />
                <MultiSelect
                  label={t('roles.groups')}
                  searchable
                  data={people(directory?.groups)}
                  value={groupIds}
                  error={errors.groupIds}
                  onChange={setGroupIds}
                />
                <MultiSelect
                  label={t('roles.departments')}
                  description={t('roles.departmentsHelp')}
                  inputWrapperOrder={['label', 'input', 'description', 'error']}
                  searchable
                  data={people(directory?.departments)}
                  value={departmentIds}
                  error={errors.departmentIds}
                  onChange={setDepartmentIds}
                />
              </div>
            </>
          )}
          <div>
            <p className={classes.help}>{t('roles.tableHelp')}</p>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled by keyboard too */}
            <section className={classes.scroll} tabIndex={0} aria-label={t('roles.rights')}>
              <table className={classes.table}>
                <thead>
                  <tr>
                    <th scope="col">{t('roles.action')}</th>
                    {table.places.map((place) => (
                      <th scope="col" key={place}>
                        <Group gap={4} wrap="nowrap" justify="space-between">
                          {placeName(place)}
                          {place && (
                            <ActionIcon
                              variant="subtle"
                              color="gray"
                              size="sm"
                              aria-label={t('roles.removePlace', { name: placeName(place) })}
                              onClick={() => removePlace(place)}
                            >
                              <X size={14} aria-hidden />
                            </ActionIcon>
                          )}
                        </Group>
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {actions.map((action) => (
                    <tr key={action}>
                      <th scope="row">{t(`roles.can.${action.replace('.', '_') as 'crm_view'}`)}</th>
                      {table.places.map((place) => (
                        <td key={place}>
                          <NativeSelect
                            size="xs"
                            aria-label={`${t(`roles.can.${action.replace('.', '_') as 'crm_view'}`)}, ${placeName(place)}`}
                            value={table.cells[cell(place, action)] ?? ''}
                            onChange={(event) => setReach(place, action, event.currentTarget.value)}
                            data={[
                              { value: '', label: unsaid(place, action) },
                              ...reachesOf(action).map((reach) => ({
                                value: reach,
                                label: t(`roles.reach.${reach}`),
                              })),
                            ]}
                          />
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
            <Select
              className={classes.add}
              aria-label={t('roles.addPlace')}
              placeholder={t('roles.addPlace')}
              searchable
              value={null}
              data={choices}
              onChange={(place) =>
                place && setTable(({ places, cells }) => ({ places: [...places, place], cells }))
              }
            />
          </div>
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
