import { NumberInput, Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { incomingOf, outgoingOf } from '@/lib/process/document';
import { triggerKind } from '@/lib/process/kinds';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { elementName } from '../texts';
import type { SetProps } from './RepeatEditor';

/** How many paths a join needs, how many tokens start and leave an activity, and which step undoes another. */
export function Quantities({ node, activity, onSet }: SetProps & { activity: boolean }) {
  const { t } = useTranslation('designer');
  const { readOnly } = useDesigner();
  const field = (name: 'need' | 'needs' | 'gives', least: number | undefined) => (
    <NumberInput
      label={t(`quantity.${name}`)}
      description={t(`quantity.${name}Help`)}
      min={1}
      allowDecimal={false}
      readOnly={readOnly}
      value={(node[name] as number | undefined) ?? ''}
      placeholder={least === undefined ? undefined : String(least)}
      data-field={name}
      onChange={(value) => onSet(name, typeof value === 'number' && value > 0 ? value : undefined)}
    />
  );
  if (node.kind === 'complexJoin') return <div className={classes.block}>{field('need', undefined)}</div>;
  if (triggerKind(node) === 'compensation' && node.kind === 'boundaryEvent')
    return <Handler node={node} onSet={onSet} />;
  if (!activity) return null;
  return (
    <details className={classes.block}>
      <summary className={classes.foldTitle}>{t('quantity.title')}</summary>
      {field('needs', 1)}
      {field('gives', 1)}
    </details>
  );
}

/** The step beside it that undoes the host; it stands outside the flow. */
function Handler({ node, onSet }: SetProps) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, readOnly } = useDesigner();
  const free = document.nodes.filter(
    (other) =>
      other.parent === node.parent &&
      other.id !== node.attachedTo &&
      kinds.shape(other) === 'card' &&
      incomingOf(document, other.id).length === 0 &&
      outgoingOf(document, other.id).length === 0,
  );
  return (
    <Select
      label={t('event.handler')}
      description={t('event.handlerHelp')}
      value={(node.handler as string | undefined) ?? null}
      data={free.map(({ id }) => ({ value: id, label: elementName(t, kinds, i18n.language, document, id) }))}
      clearable
      readOnly={readOnly}
      data-field="handler"
      onChange={(value) => onSet('handler', value ?? undefined)}
    />
  );
}
