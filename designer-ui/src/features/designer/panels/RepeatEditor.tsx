import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { SchemaForm } from '@/features/forms';
import type { ProcessNode } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { useNodePart } from './definitionSchema';

export interface SetProps {
  readonly node: ProcessNode;
  readonly onSet: (path: string, value: unknown) => void;
}

/** How often an activity is done: once, while a condition holds, or for each item of a list. */
export function RepeatEditor({ node, onSet }: SetProps) {
  const { t } = useTranslation('designer');
  const { readOnly } = useDesigner();
  const mode = node.loop ? 'loop' : node.each ? 'each' : 'once';
  return (
    <section className={classes.block} aria-label={t('repeat.title')}>
      <Select
        label={t('repeat.title')}
        value={mode}
        data={(['once', 'loop', 'each'] as const).map((value) => ({ value, label: t(`repeat.${value}`) }))}
        allowDeselect={false}
        readOnly={readOnly}
        onChange={(value) => {
          if (value === mode) return;
          if (mode !== 'once') onSet(mode, undefined);
          if (value === 'loop') onSet('loop', { while: '' });
          if (value === 'each') onSet('each', { items: { expr: '' } });
        }}
      />
      {mode !== 'once' && <PartForm key={mode} node={node} part={mode} onSet={onSet} />}
    </section>
  );
}

/** The generated form of one part of the node. */
export function PartForm({ node, part, onSet }: SetProps & { part: 'loop' | 'each' | 'adHoc' }) {
  const { definitionKey, readOnly } = useDesigner();
  const schema = useNodePart(part);
  if (!schema) return null;
  return (
    <SchemaForm
      schema={schema}
      value={(node[part] ?? {}) as Record<string, unknown>}
      scope={{ definitionKey, node: node.id }}
      readOnly={readOnly}
      idPrefix={`${part}-${node.id}`}
      onChange={(value) => onSet(part, value)}
    />
  );
}
