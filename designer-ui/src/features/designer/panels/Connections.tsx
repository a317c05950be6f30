import { ActionIcon, Tooltip } from '@mantine/core';
import { ArrowLeft, ArrowRight, Plus, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { portLabel } from '@/canvas';
import { incomingOf, indexOf, outgoingOf } from '@/lib/process/document';
import { deleteElements } from '@/lib/process/edits';
import { conditionOf, type Flow, type ProcessNode } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { elementName } from '../texts';
import { Exits } from './Exits';

/** What leads to a step and away from it, for those who cannot point at lines. */
export function Connections({ node }: { node: ProcessNode }) {
  const { t } = useTranslation('designer');
  const { document, kinds, readOnly } = useDesigner();
  const incoming = incomingOf(document, node.id);
  const outgoing = outgoingOf(document, node.id);
  const open = !readOnly && kinds.outputs(node).length > 0;
  if (incoming.length + outgoing.length === 0 && !open) return null;
  return (
    <section className={classes.block} aria-label={t('flow.connections')}>
      <h3 className={classes.blockTitle}>{t('flow.connections')}</h3>
      {incoming.map((flow) => (
        <Connection key={flow.id} flow={flow} other={flow.from} into />
      ))}
      {outgoing.map((flow) => (
        <Connection key={flow.id} flow={flow} other={flow.to} />
      ))}
      {open && <Exits node={node} />}
    </section>
  );
}

function Connection({ flow, other, into = false }: { flow: Flow; other: string; into?: boolean }) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, readOnly, run, select, pick } = useDesigner();
  const name = elementName(t, kinds, i18n.language, document, other);
  const Arrow = into ? ArrowLeft : ArrowRight;
  const from = indexOf(document).nodes.get(flow.from);
  const exit = flow.port === undefined ? undefined : portLabel(t, from?.config?.outcomes, flow.port);
  const way = flow.name ?? exit ?? conditionOf(flow);
  return (
    <div className={classes.connection}>
      <button
        type="button"
        className={classes.link}
        onClick={() => select([flow.id], { reveal: true })}
        aria-label={t(into ? 'flow.comesFrom' : 'flow.leadsTo', { name })}
      >
        <Arrow size={14} aria-hidden /> {name}
        {way !== '' && <span className={classes.hint}> ({way})</span>}
      </button>
      {!readOnly && (
        <span className={classes.iconActions}>
          <Tooltip label={t('canvas.insertHere')}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('flow.insertBetween', { name })}
              onClick={(event) => {
                const { left, bottom } = event.currentTarget.getBoundingClientRect();
                pick({ anchor: { x: left, y: bottom }, flow: flow.id });
              }}
            >
              <Plus size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t('fix.removeFlow')}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('flow.remove', { name })}
              onClick={() =>
                run(
                  { key: 'history.delete', values: { count: 1 } },
                  (draft) => deleteElements(draft, [flow.id], { heal: false }),
                  { focus: [flow.from] },
                )
              }
            >
              <Trash2 size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </span>
      )}
    </div>
  );
}
