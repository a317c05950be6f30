import {
  Button,
  Checkbox,
  Group,
  Modal,
  MultiSelect,
  Select,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldErrors } from '@/features/crm/fields';
import {
  dictionariesQuery,
  type FieldInfo,
  type FieldType,
  fieldTypes,
  type RecordType,
  type Stages,
  severalTypes,
} from '@/features/crm/ownFields';
import { pipelinesQuery } from '@/features/crm/queries';
import { isStaged } from '@/lib/records';
import { errorText } from '@/ui';
import { addField, changeField } from './fieldsApi';

type FieldDialogProps = {
  type: RecordType;
  /** null makes a new field. */
  field: FieldInfo | null;
  label: string;
  onClose: () => void;
  onSaved: () => void;
};

const slot = (pipeline: string, stage: string) => `${pipeline}/${stage}`;

/** "sales/won" and "sales/lost" become the stages of the pipeline "sales". */
function stagesOf(slots: readonly string[]): Stages[] {
  const byPipeline = new Map<string, string[]>();
  for (const one of slots) {
    const [pipeline = '', stage = ''] = one.split('/');
    byPipeline.set(pipeline, [...(byPipeline.get(pipeline) ?? []), stage]);
  }
  return [...byPipeline].map(([pipeline, stages]) => ({ pipeline, stages }));
}

/** Adds or changes a field; of a standard one only where it is required. */
export function FieldDialog({ type, field, label: name, onClose, onSaved }: FieldDialogProps) {
  const { t } = useTranslation(['settings', 'common']);
  const lists = useQuery(dictionariesQuery);
  const pipelines = useQuery(pipelinesQuery);
  const [label, setLabel] = useState(field?.label ?? '');
  const [kind, setKind] = useState<FieldType>((field?.type as FieldType) ?? 'text');
  const [key, setKey] = useState('');
  const [help, setHelp] = useState(field?.help ?? '');
  const [multiple, setMultiple] = useState(field?.multiple ?? false);
  const [dictionary, setDictionary] = useState<string | null>(null);
  const [target, setTarget] = useState<string | null>(null);
  const [required, setRequired] = useState(field?.required ?? false);
  const [retired, setRetired] = useState(field?.retired ?? false);
  const [slots, setSlots] = useState(
    (field?.requiredAt ?? []).flatMap((at) => (at.stages ?? []).map((stage) => slot(at.pipeline, stage))),
  );
  const isOwn = !field?.standard;
  // Only what has stages is booked for.
  const offered = fieldTypes.filter((one) => one !== 'booking' || isStaged(type.key));
  const save = useMutation({
    mutationFn: () => {
      const requiredAt = stagesOf(slots);
      if (!field) {
        return addField(type, {
          label: label.trim(),
          type: kind,
          key: key.trim() || undefined,
          help: help.trim() || undefined,
          multiple: multiple && severalTypes.includes(kind) ? true : undefined,
          dictionary: kind === 'list' ? (dictionary ?? undefined) : undefined,
          target: kind === 'reference' ? (target ?? undefined) : undefined,
          required: required || undefined,
          requiredAt: requiredAt.length > 0 ? requiredAt : undefined,
        });
      }
      return changeField(
        type,
        field.key,
        field.standard
          ? { required, requiredAt }
          : { label: label.trim(), help: help.trim(), required, requiredAt, retired },
      );
    },
    onSuccess: onSaved,
  });
  const [tried, setTried] = useState(false);
  const empty: Record<string, string> = {};
  if (tried && isOwn && label.trim() === '') empty.label = t('common:form.error.required');
  if (tried && !field && kind === 'list' && !dictionary) empty.dictionary = t('common:form.error.required');
  if (tried && !field && kind === 'reference' && !target) empty.target = t('common:form.error.required');
  const errors = { ...fieldErrors(save.error), ...empty };
  const general = save.error && Object.keys(errors).length === 0 ? errorText(save.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    const lacking =
      (isOwn && label.trim() === '') ||
      (!field && ((kind === 'list' && !dictionary) || (kind === 'reference' && !target)));
    if (!lacking) save.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={field ? t('editOne', { name }) : t('fields.add')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          {isOwn && (
            <TextInput
              data-autofocus
              required
              label={t('fields.label')}
              maxLength={200}
              value={label}
              error={errors.label}
              onChange={(event) => setLabel(event.currentTarget.value)}
            />
          )}
          {!field && (
            <>
              <Select
                label={t('fields.kind')}
                allowDeselect={false}
                searchable
                data={offered.map((value) => ({ value, label: t(`fields.fieldType.${value}`) }))}
                value={kind}
                error={errors.type}
                onChange={(next) => next && setKind(next as FieldType)}
              />
              {kind === 'list' && (
                <Select
                  required
                  label={t('fields.list')}
                  description={lists.data?.items.length === 0 ? t('fields.noLists') : undefined}
                  data={lists.data?.items.map((list) => ({ value: list.id, label: list.name })) ?? []}
                  value={dictionary}
                  error={errors.dictionary}
                  onChange={setDictionary}
                />
              )}
              {kind === 'reference' && (
                <Select
                  required
                  label={t('fields.target')}
                  data={(['lead', 'deal', 'quote', 'invoice', 'contact', 'company'] as const).map(
                    (value) => ({
                      value,
                      label: t(`fields.type.${value}`),
                    }),
                  )}
                  value={target}
                  error={errors.target}
                  onChange={setTarget}
                />
              )}
              {severalTypes.includes(kind) && (
                <Checkbox
                  label={t('fields.several')}
                  description={t('fields.severalHelp')}
                  checked={multiple}
                  onChange={(event) => setMultiple(event.currentTarget.checked)}
                />
              )}
            </>
          )}
          {isOwn && (
            <Textarea
              label={t('fields.help')}
              autosize
              minRows={1}
              maxRows={6}
              value={help}
              error={errors.help}
              onChange={(event) => setHelp(event.currentTarget.value)}
            />
          )}
          <Checkbox
            label={t('fields.requiredAlways')}
            checked={required}
            onChange={(event) => setRequired(event.currentTarget.checked)}
          />
          {isStaged(type.key) && !required && (
            <MultiSelect
              label={t('fields.requiredOn')}
              description={t('fields.requiredHelp')}
              searchable
              clearable
              data={(pipelines.data?.items ?? [])
                .filter((pipeline) => pipeline.type === type.key)
                .map((pipeline) => ({
                  group: pipeline.name,
                  items: pipeline.stages.map((stage) => ({
                    value: slot(pipeline.id, stage.id),
                    label: stage.name,
                  })),
                }))}
              value={slots}
              error={errors.requiredAt}
              onChange={setSlots}
            />
          )}
          {!field && (
            <TextInput
              label={t('fields.key')}
              description={t('fields.keyHelp')}
              maxLength={40}
              value={key}
              error={errors.key}
              onChange={(event) => setKey(event.currentTarget.value)}
            />
          )}
          {field && isOwn && (
            <Checkbox
              label={t('fields.retired')}
              checked={retired}
              onChange={(event) => setRetired(event.currentTarget.checked)}
            />
          )}
          {general && (
            <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>
              {general.title} {general.remedy}
            </div>
          )}
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
