import { ActionIcon, Tooltip } from '@mantine/core';
import { ArrowLeft, ArrowRight, Plus, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { incomingOf, outgoingOf } from '@/lib/process/document';
import { deleteElements } from '@/lib/process/edits';
import { conditionOf, type Flow, type ProcessNode } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { elementName } from '../texts';

/** What leads to a step and away from it, for those who cannot point at lines. */
export function Connections({ node }: { node: ProcessNode }) {
  const { t } = useTranslation('designer');
  const { document } = useDesigner();
  const incoming = incomingOf(document, node.id);
  const outgoing = outgoingOf(document, node.id);
  if (incoming.length + outgoing.length === 0) return null;
  return (
    <section className={classes.block} aria-label={t('flow.connections')}>
      <h3 className={classes.blockTitle}>{t('flow.connections')}</h3>
      {incoming.map((flow) => (
        <Connection key={flow.id} flow={flow} other={flow.from} into />
      ))}
      {outgoing.map((flow) => (
        <Connection key={flow.id} flow={flow} other={flow.to} />
      ))}
    </section>
  );
}

function Connection({ flow, other, into = false }: { flow: Flow; other: string; into?: boolean }) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, readOnly, run, select, pick } = useDesigner();
  const name = elementName(t, kinds, i18n.language, document, other);
  const Arrow = into ? ArrowLeft : ArrowRight;
  const way = flow.name ?? flow.port ?? conditionOf(flow);
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
