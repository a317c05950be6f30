import { Radio, Skeleton, TextInput } from '@mantine/core';
import { ArrowRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { portLabel } from '@/canvas';
import { Later, later } from '@/lib/later';
import { decides, indexOf, outgoingOf } from '@/lib/process/document';
import { setCondition, setDefault, setField } from '@/lib/process/edits';
import { conditionOf, type Flow, type ProcessNode } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { elementName } from '../texts';
import { ElementFindings } from './ElementFindings';
import { ElementId } from './ElementId';

const ConditionInput = later(() => import('@/features/expressions').then((module) => module.ConditionInput));

/** Condition of a flow: an expression, or "when nothing else holds". */
function Condition({ flow, source }: { flow: Flow; source: ProcessNode }) {
  const { t } = useTranslation('designer');
  const { run, readOnly, definitionKey } = useDesigner();
  const isDefault = source.default === flow.id;
  return (
    <div className={classes.condition} data-field="when">
      {!isDefault && (
        <Later fallback={<Skeleton h={34} />}>
          <ConditionInput
            value={conditionOf(flow)}
            scope={{ definitionKey, node: source.id }}
            readOnly={readOnly}
            aria-label={t('flow.condition')}
            onChange={(condition) =>
              run({ key: 'history.condition' }, (draft) => setCondition(draft, flow.id, condition), {
                merge: `when:${flow.id}`,
                focus: [flow.id],
              })
            }
          />
        </Later>
      )}
      <Radio
        size="sm"
        label={t('flow.default')}
        checked={isDefault}
        disabled={readOnly}
        onClick={() => {
          if (!readOnly)
            run({ key: 'history.default' }, (draft) => setDefault(draft, flow.id, !isDefault), {
              focus: [flow.id],
            });
        }}
        onChange={() => {}}
      />
    </div>
  );
}

/** All ways out of a decision, each with its condition. */
export function OutgoingFlows({ node }: { node: ProcessNode }) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, select } = useDesigner();
  const flows = outgoingOf(document, node.id);
  return (
    <section className={classes.block} aria-label={t('flow.waysOut')}>
      <h3 className={classes.blockTitle}>{t('flow.waysOut')}</h3>
      <p className={classes.hint}>{flows.length < 2 ? t('flow.waysOutNone') : t('flow.waysOutHelp')}</p>
      {flows.map((flow) => (
        <div key={flow.id} className={classes.wayOut}>
          <button type="button" className={classes.link} onClick={() => select([flow.id])}>
            <ArrowRight size={14} aria-hidden /> {elementName(t, kinds, i18n.language, document, flow.to)}
          </button>
          {flows.length > 1 && <Condition flow={flow} source={node} />}
        </div>
      ))}
    </section>
  );
}

export function FlowInspector({ flow }: { flow: Flow }) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, run, select, readOnly } = useDesigner();
  const source = indexOf(document).nodes.get(flow.from);
  const end = (id: string) => (
    <button type="button" className={classes.link} onClick={() => select([id], { reveal: true })}>
      {elementName(t, kinds, i18n.language, document, id)}
    </button>
  );
  return (
    <div className={classes.inspectorBody}>
      <header className={classes.inspectorHead}>
        <h2 className={`${classes.panelTitle} ${classes.inspectorNames}`}>{t('flow.title')}</h2>
      </header>
      <ElementFindings id={flow.id} />
      <p className={classes.fact}>
        {end(flow.from)} <ArrowRight size={14} aria-hidden /> {end(flow.to)}
      </p>
      {flow.port && (
        <p className={classes.fact}>
          {t('flow.port', { port: portLabel(t, source?.config?.outcomes, flow.port) })}
        </p>
      )}
      <TextInput
        label={t('flow.label')}
        description={t('flow.labelHelp')}
        value={flow.name ?? ''}
        readOnly={readOnly}
        maxLength={200}
        onChange={(event) => {
          const name = event.currentTarget.value || undefined;
          run({ key: 'history.flowLabel' }, (draft) => setField(draft, flow.id, 'name', name), {
            merge: `name:${flow.id}`,
            focus: [flow.id],
          });
        }}
      />
      {source && (decides(source.kind) || conditionOf(flow) !== '') ? (
        <div>
          <h3 className={classes.blockTitle}>{t('flow.condition')}</h3>
          <Condition flow={flow} source={source} />
        </div>
      ) : (
        <p className={classes.hint}>{t('flow.always')}</p>
      )}
      <ElementId id={flow.id} />
    </div>
  );
}
