import { useQuery } from '@tanstack/react-query';
import { Fragment, type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { durationText, kindName, timerText } from '@/canvas/nodeText';
import { useRoles } from '@/features/forms/roles';
import { attachedOf, indexOf, isGateway, outcomesOf, outgoingOf } from '@/lib/process/document';
import type { KindTable } from '@/lib/process/kinds';
import { flatten } from '@/lib/process/scopes';
import { conditionOf, isExpr, type ProcessDocument, type ProcessNode } from '@/lib/process/types';
import { formOf, inWords, pieces, type Vocabulary } from '@/lib/process/words';
import classes from './Handbook.module.css';

/** Steps in the order in which a run comes to them, events right after their step. */
export function inOrder(document: ProcessDocument): ProcessNode[] {
  const { nodes, incoming } = indexOf(document);
  const seen = new Set<string>();
  const order: ProcessNode[] = [];
  const visit = (first: ProcessNode): void => {
    const queue = [first];
    for (let node = queue.shift(); node; node = queue.shift()) {
      if (seen.has(node.id)) continue;
      seen.add(node.id);
      order.push(node);
      const inner = document.nodes.filter((kid) => kid.parent === node.id && !incoming.has(kid.id));
      const after = outgoingOf(document, node.id).map((flow) => nodes.get(flow.to));
      queue.push(...inner, ...after.filter((next) => next !== undefined));
      queue.push(...attachedOf(document, node.id));
    }
  };
  for (const node of document.nodes) if (node.kind === 'startEvent' && node.parent === undefined) visit(node);
  for (const node of document.nodes) visit(node);
  return order;
}

/** Every step of a process in sentences of the reader's language. */
export function Chapters({ document: stored, kinds }: { document: ProcessDocument; kinds: KindTable }) {
  const { t, i18n } = useTranslation(['handbook', 'designer']);
  const { t: own } = useTranslation('designer');
  const directory = useQuery(directoryQuery);
  const roles = useRoles(directory.data);
  const document = useMemo(() => flatten(stored), [stored]);
  const steps = useMemo(() => inOrder(document).filter(({ kind }) => kind !== 'boundaryEvent'), [document]);
  const { nodes } = indexOf(document);
  const nameOf = (id: string): string => {
    const node = nodes.get(id);
    return node ? node.name || kindName(own, kinds, node) : id;
  };
  const words: Vocabulary = {
    text: (key, values) =>
      t(`handbook:words.${key}` as 'handbook:words.is', (values ?? {}) as { x: string; y: string }),
    person: (id) => directory.data?.users.find((user) => user.id === id)?.name,
    group: (id) => directory.data?.groups.find((group) => group.id === id)?.name ?? roles.named(id),
    field: (name) => t(`handbook:field.${name}` as 'handbook:field.title', { defaultValue: name }),
    step: (id) => t('handbook:quoted', { text: nameOf(id) }),
  };
  const expression = (source: string): ReactNode =>
    inWords(source, document, words) ?? <code className={classes.code}>{source}</code>;
  const text = (source: string): ReactNode =>
    pieces(source, document, words).map((piece, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place.
      <Fragment key={i}>
        {piece.value ? <var className={classes.value}>{piece.text}</var> : piece.text}
      </Fragment>
    ));
  const who = (node: ProcessNode): ReactNode[] => {
    const one = (value: unknown): ReactNode[] => {
      if (Array.isArray(value)) return value.flatMap(one);
      if (isExpr(value)) return [expression(value.expr)];
      if (typeof value !== 'string' || value === '') return [];
      const role = roles.named(value);
      if (role) return [role];
      const id = value.replace(/^(user|group):/, '');
      return [words.person(id) ?? words.group(id) ?? (value.includes('{{') ? text(value) : id)];
    };
    const { assignee, assignees, groups, approvers, people, to } = node.config ?? {};
    return [assignee, assignees, groups, approvers, people, to].flatMap(one);
  };
  const duration = (value: unknown): string => timerText(own, i18n.language, { after: value });
  const to = (id: string): ReactNode => {
    const target = nodes.get(id);
    return target ? <a href={`#step-${id}`}>{nameOf(id)}</a> : id;
  };
  return (
    <>
      <h2 className={classes.heading}>{t('handbook:steps')}</h2>
      <ol className={classes.steps}>
        {steps.map((node) => {
          const config = node.config ?? {};
          const people = who(node);
          const timeout = config.timeout as { after?: unknown; outcome?: string } | undefined;
          const outcomes = outcomesOf(node);
          const labelOf = (port: string) => outcomes.find(({ name }) => name === port)?.label || port;
          const fields = formOf(node);
          const leaving = outgoingOf(document, node.id);
          const messages = ['text', 'subject', 'body'].filter((field) => typeof config[field] === 'string');
          return (
            <li key={node.id} id={`step-${node.id}`} className={classes.step}>
              <h3 className={classes.name}>
                {nameOf(node.id)} <span className={classes.kind}>{kindName(own, kinds, node)}</span>
              </h3>
              {node.description && <p className={classes.paragraph}>{node.description}</p>}
              <dl className={classes.facts}>
                {node.trigger?.timer && (
                  <Fact name={t('handbook:when')}>{timerText(own, i18n.language, node.trigger.timer)}</Fact>
                )}
                {typeof node.trigger?.when === 'string' && node.trigger.when !== '' && (
                  <Fact name={t('handbook:only')}>{expression(node.trigger.when)}</Fact>
                )}
                {people.length > 0 && (
                  <Fact name={t('handbook:who')}>
                    {people.map((person, i) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: nothing else names a computed person.
                      <Fragment key={i}>
                        {i > 0 && ', '}
                        {person}
                      </Fragment>
                    ))}
                  </Fact>
                )}
                {typeof config.rule === 'string' && (
                  <Fact name={t('handbook:rule')}>
                    {t(`handbook:rules.${config.rule}` as 'handbook:rules.all', {
                      threshold: config.threshold ?? 50,
                    })}
                  </Fact>
                )}
                {messages.map((field) => (
                  <Fact key={field} name={t(`handbook:${field}` as 'handbook:text')}>
                    <span className={classes.message}>{text(String(config[field]))}</span>
                  </Fact>
                ))}
                {Boolean(config.due) && <Fact name={t('handbook:due')}>{duration(config.due)}</Fact>}
                {fields.length > 0 && (
                  <Fact name={t('handbook:fields')}>
                    {fields
                      .map((field) => {
                        const label = field.label || field.name;
                        return field.required ? t('handbook:needed', { name: label }) : label;
                      })
                      .join(', ')}
                  </Fact>
                )}
                {isExpr((node.each as { items?: unknown } | undefined)?.items) && (
                  <Fact name={t('handbook:each')}>
                    {expression((node.each as { items: { expr: string } }).items.expr)}
                  </Fact>
                )}
                {timeout?.after !== undefined && (
                  <Fact name={t('handbook:limit')}>
                    {t('handbook:limitText', {
                      time: duration(timeout.after),
                      outcome: labelOf(
                        timeout.outcome ?? outcomes.find(({ positive }) => !positive)?.name ?? '',
                      ),
                    })}
                  </Fact>
                )}
                {attachedOf(document, node.id).map((event) => (
                  <Fact key={event.id} name={event.name || kindName(own, kinds, event)}>
                    {event.trigger?.timer ? `${timerText(own, i18n.language, event.trigger.timer)}: ` : ''}
                    {outgoingOf(document, event.id).map((flow) => (
                      <Fragment key={flow.id}>{to(flow.to)} </Fragment>
                    ))}
                    {event.interrupting !== false && (
                      <span className={classes.muted}>{t('handbook:ends')}</span>
                    )}
                  </Fact>
                ))}
                {leaving.length > 0 && (
                  <Fact
                    name={
                      isGateway(node.kind) || leaving.length > 1 ? t('handbook:ways') : t('handbook:next')
                    }
                  >
                    <ul className={classes.ways}>
                      {leaving.map((flow) => {
                        const condition = conditionOf(flow);
                        return (
                          <li key={flow.id}>
                            {flow.port && <strong>{labelOf(flow.port)}: </strong>}
                            {condition !== '' && (
                              <>
                                {t('handbook:if')} {expression(condition)}:{' '}
                              </>
                            )}
                            {node.default === flow.id && <>{t('handbook:otherwise')}: </>}
                            {to(flow.to)}
                          </li>
                        );
                      })}
                    </ul>
                  </Fact>
                )}
              </dl>
            </li>
          );
        })}
      </ol>
      {(stored.variables?.length ?? 0) > 0 && (
        <>
          <h2 className={classes.heading}>{t('handbook:values')}</h2>
          <dl className={classes.facts}>
            {stored.variables?.map((variable) => (
              <Fact key={variable.name} name={String(variable.label || variable.name)}>
                {t(`designer:type.${variable.type}` as 'designer:type.string', {
                  defaultValue: variable.type,
                })}
                {typeof variable.description === 'string' && `: ${variable.description}`}
                {typeof variable.default === 'string' && variable.type === 'duration'
                  ? ` (${durationText(i18n.language, variable.default)})`
                  : ''}
              </Fact>
            ))}
          </dl>
        </>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
