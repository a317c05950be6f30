import { SegmentedControl, Select, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ProcessDocument, ProcessNode } from '@/lib/process/types';
import type { Wish } from './api';
import { MigrateForm } from './MigrateForm';

/** Every node with the container it stands in: a token stays in its own. */
export function nodesOf(process: ProcessDocument): { node: ProcessNode; within: string }[] {
  const found: { node: ProcessNode; within: string }[] = [];
  const walk = (nodes: readonly ProcessNode[], within: string) => {
    for (const node of nodes) {
      found.push({ node, within });
      if (node.nodes) walk(node.nodes, node.id);
    }
  };
  walk(process.nodes, '');
  return found;
}

type WishFormProps = {
  wish: Wish;
  onChange: (wish: Wish) => void;
  process: ProcessDocument;
  definition: string;
  version: number;
  /** Nodes with a token. */
  standing: string[];
  variables?: Record<string, unknown>;
  nameOf: (node: string) => string;
};

/** The fields that an action needs, besides the reason. */
export function WishForm(props: WishFormProps) {
  const { wish } = props;
  switch (wish.action) {
    case 'move':
      return <MoveForm {...props} />;
    case 'setVariables':
      return <VariablesForm {...props} />;
    case 'migrate':
      return <MigrateForm {...props} />;
    case 'skip':
    case 'drop':
      return <PortForm {...props} />;
    default:
      return null;
  }
}

function PortForm({ wish, onChange }: WishFormProps) {
  const { t } = useTranslation('repair');
  return (
    <TextInput
      label={t('field.port')}
      value={wish.port ?? ''}
      onChange={(event) => onChange({ ...wish, port: event.currentTarget.value.trim() || undefined })}
    />
  );
}

function MoveForm({ wish, onChange, process, standing, nameOf }: WishFormProps) {
  const { t } = useTranslation('repair');
  const all = nodesOf(process);
  const within = all.find(({ node }) => node.id === wish.node)?.within;
  const targets = all.filter((entry) => within === undefined || entry.within === within);
  const into = process.flows.filter((flow) => flow.to === wish.to);
  return (
    <>
      <Select
        label={t('field.from')}
        data={standing.map((id) => ({ value: id, label: nameOf(id) }))}
        value={wish.node ?? null}
        onChange={(node) => onChange({ ...wish, node: node ?? undefined })}
        allowDeselect={false}
      />
      <Select
        label={t('field.to')}
        searchable
        data={targets.map(({ node }) => ({ value: node.id, label: nameOf(node.id) }))}
        value={wish.to ?? null}
        onChange={(to) => onChange({ ...wish, to: to ?? undefined, flow: undefined, port: undefined })}
      />
      <SegmentedControl
        aria-label={t('field.place')}
        value={wish.place ?? 'before'}
        onChange={(place) => onChange({ ...wish, place: place as 'before' | 'after', flow: undefined })}
        data={[
          { value: 'before', label: t('field.before') },
          { value: 'after', label: t('field.after') },
        ]}
      />
      {wish.place !== 'after' && into.length > 1 && (
        <Select
          label={t('field.flow')}
          clearable
          data={into.map((flow) => ({ value: flow.id, label: nameOf(flow.from) }))}
          value={wish.flow ?? null}
          onChange={(flow) => onChange({ ...wish, flow: flow ?? undefined })}
        />
      )}
      {wish.place === 'after' && (
        <TextInput
          label={t('field.port')}
          value={wish.port ?? ''}
          onChange={(event) => onChange({ ...wish, port: event.currentTarget.value.trim() || undefined })}
        />
      )}
    </>
  );
}

const parsed = (text: string): { value?: unknown; bad: boolean } => {
  try {
    return { value: JSON.parse(text), bad: false };
  } catch {
    return { bad: true };
  }
};

function VariablesForm({ wish, onChange, variables = {} }: WishFormProps) {
  const { t } = useTranslation('repair');
  return (
    <>
      {Object.entries(variables).map(([name, value]) => (
        <Textarea
          key={name}
          label={t('field.value', { name })}
          autosize
          minRows={1}
          maxRows={6}
          defaultValue={JSON.stringify(value)}
          onChange={(event) => {
            const { value: now, bad } = parsed(event.currentTarget.value);
            event.currentTarget.setAttribute('aria-invalid', String(bad));
            event.currentTarget.setCustomValidity(bad ? t('field.badValue') : '');
            const { [name]: _, ...others } = wish.variables ?? {};
            onChange({
              ...wish,
              variables:
                bad || JSON.stringify(now) === JSON.stringify(value) ? others : { ...others, [name]: now },
            });
          }}
        />
      ))}
    </>
  );
}
