import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import { indexOf } from '@/lib/process/document';
import { type PartProps, valueText } from './parts';
import { type Decision, decisionsIn, variablesAt } from './picture';
import { SetValues } from './SetValues';
import classes from './Testing.module.css';

/** Variables, conditions and the record, as they are at the step that is looked at. */
export function Data({ rehearsal, stage }: PartProps) {
  const { t } = useTranslation('testing');
  const { result, shown } = rehearsal;
  if (!result || !shown) return null;
  const { from, to } = shown;
  const records = result.records.slice(0, to);
  const variables = variablesAt(stage.document, records, result.runs[0]?.id, from);
  const decisions = decisionsIn(records).reverse();
  return (
    <>
      <section className={classes.section} aria-labelledby="rehearsal-variables">
        <h3 className={classes.heading} id="rehearsal-variables">
          {t('data.variables')}
        </h3>
        <p className={classes.hint}>{t('data.at', { at: formatDateTime(shown.at) })}</p>
        {variables.length === 0 && <p className={classes.hint}>{t('data.noVariables')}</p>}
        <dl className={classes.values}>
          {variables.map(({ name, value, changed }) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd data-changed={changed || undefined}>
                {valueText(value)}
                {changed && <span className={classes.changed}>{t('data.changed')}</span>}
              </dd>
            </div>
          ))}
        </dl>
        {variables.length > 0 && <SetValues of="set" rehearsal={rehearsal} stage={stage} />}
      </section>
      <section className={classes.section} aria-labelledby="rehearsal-conditions">
        <h3 className={classes.heading} id="rehearsal-conditions">
          {t('data.conditions')}
        </h3>
        {decisions.length === 0 && <p className={classes.hint}>{t('data.noConditions')}</p>}
        <ul className={classes.cards}>
          {decisions.map((decision) => (
            <li
              key={`${decision.at}${decision.node}${decision.tried[0]?.expression}`}
              className={classes.card}
            >
              <DecisionCard decision={decision} stage={stage} />
            </li>
          ))}
        </ul>
      </section>
      {result.record && (
        <section className={classes.section} aria-labelledby="rehearsal-record">
          <h3 className={classes.heading} id="rehearsal-record">
            {t('data.record')}
          </h3>
          <dl className={classes.values}>
            {Object.entries(result.record).map(([name, value]) => (
              <div key={name} style={{ display: 'contents' }}>
                <dt>{name}</dt>
                <dd>{valueText(value)}</dd>
              </div>
            ))}
          </dl>
          <SetValues of="record" rehearsal={rehearsal} stage={stage} />
        </section>
      )}
    </>
  );
}

function DecisionCard({ decision, stage }: { decision: Decision; stage: PartProps['stage'] }) {
  const { t } = useTranslation('testing');
  const { flows } = indexOf(stage.document);
  const ways = decision.chosen.map((id) => {
    const flow = flows.get(id);
    return flow ? flow.name || stage.name(flow.to) : id;
  });
  return (
    <>
      <button type="button" className={classes.name} onClick={() => stage.select(decision.node)}>
        {stage.name(decision.node)}
      </button>
      <p className={classes.hint}>
        {formatDateTime(decision.at)}
        {ways.length > 0 ? ` · ${t('data.chosen', { ways: ways.join(', ') })}` : ''}
      </p>
      {decision.tried.map((one) => (
        <div key={`${one.flow}${one.expression}`}>
          <p className={classes.code}>
            <span className={classes.verdict} data-holds={one.result}>
              {t(one.result ? 'data.holds' : 'data.holdsNot')}
            </span>{' '}
            {one.expression}
          </p>
          <dl className={classes.values}>
            {Object.entries(one.values).map(([name, value]) => (
              <div key={name} style={{ display: 'contents' }}>
                <dt>{name}</dt>
                <dd>{valueText(value)}</dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </>
  );
}
