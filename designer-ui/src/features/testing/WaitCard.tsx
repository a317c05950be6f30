import { Button, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Pin } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { kindName } from '@/canvas';
import { formatDateTime } from '@/lib/format';
import { indexOf } from '@/lib/process/document';
import { AnswerFields, type Brought } from './AnswerFields';
import { objectOf, personName, type WaitProps } from './parts';
import { answerOf, pinOf } from './recorded';
import { type Reply, targetOf, type Values } from './scenario';
import { TaskCard } from './TaskCard';
import classes from './Testing.module.css';
import { type Session, visitsIn } from './useRehearsal';

/** One thing that waits, and how it can go on. */
export function WaitCard(props: WaitProps) {
  const { t } = useTranslation('testing');
  const { t: designer } = useTranslation('designer');
  const { rehearsal, stage, wait } = props;
  const directory = useQuery({ ...directoryQuery, enabled: wait.kind === 'task' });
  const { users = [], groups = [] } = directory.data ?? {};
  const asked = [
    ...(wait.users ?? []).map((id) => personName(id, rehearsal.session?.people, users)),
    ...(wait.groups ?? []).map((id) => groups.find((group) => group.id === id)?.name ?? id),
  ].join(', ');
  const node = indexOf(stage.document).nodes.get(wait.node);
  const own = node && (wait.kind === 'task' || wait.kind === 'effect');
  const facts = [
    // An approval is no task to whoever drew it.
    own ? kindName(designer, stage.kinds, node) : t(`wait.${wait.kind as 'task'}`),
    asked,
    wait.name,
    wait.dueAt && t('waits.due', { at: formatDateTime(wait.dueAt) }),
    wait.process === stage.document.key ? undefined : wait.process,
  ];
  return (
    <div className={classes.card} data-wait={wait.node}>
      <button type="button" className={classes.name} onClick={() => stage.select(wait.node)}>
        {stage.name(wait.node)}
      </button>
      <p className={classes.hint}>{facts.filter(Boolean).join(' · ')}</p>
      {wait.failed ? (
        <p className={classes.hint}>{t('waits.failed')}</p>
      ) : wait.kind === 'task' ? (
        <TaskCard {...props} />
      ) : wait.kind === 'effect' ? (
        <RobotActions {...props} />
      ) : wait.kind === 'child' ? null : (
        <EventActions {...props} />
      )}
    </div>
  );
}

type Kind = 'result' | 'error' | 'failure';

/** The answer of a robot: a result that can be typed, an error that the process may catch, or a breakdown. */
function RobotActions({ rehearsal, stage, wait }: WaitProps) {
  const { t } = useTranslation('testing');
  const session = rehearsal.session as Session;
  const visit = visitsIn(session.entries).get(wait.node) ?? 0;
  const { reply, source } = answerOf(stage.document, stage.kinds, wait.node, visit, session);
  const [kind, setKind] = useState<Kind>(reply.error ? 'error' : 'result');
  const [brought, setBrought] = useState<Brought>({
    result: reply.result ?? {},
    variables: reply.variables ?? {},
  });
  const [code, setCode] = useState(reply.error ?? '');
  const node = indexOf(stage.document).nodes.get(wait.node);
  const ready = kind === 'result' || code.trim() !== '';
  const filled = (value: Values): boolean => Object.keys(value).length > 0;
  const said: Partial<Reply> =
    kind === 'error'
      ? { error: code.trim() }
      : kind === 'failure'
        ? { failure: { code: code.trim() } }
        : {
            ...(reply.port ? { port: reply.port } : {}),
            ...(filled(brought.result) ? { result: brought.result } : {}),
            ...(filled(brought.variables) ? { variables: brought.variables } : {}),
          };
  const target = targetOf(stage.document.key, rehearsal.result?.waits ?? [], wait);
  return (
    <>
      {source !== 'sample' && <p className={classes.hint}>{t(`source.${source}`)}</p>}
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label={t('robots.answer')}
        value={kind}
        onChange={(value) => setKind(value as Kind)}
        data={[
          { value: 'result', label: t('robots.result') },
          { value: 'error', label: t('robots.error') },
          { value: 'failure', label: t('robots.failure') },
        ]}
      />
      {kind === 'result' ? (
        node && (
          <AnswerFields
            document={stage.document}
            kinds={stage.kinds}
            node={node}
            idPrefix={`rehearsal/${wait.run}/${wait.node}/${wait.index}`}
            value={brought}
            onChange={setBrought}
          />
        )
      ) : (
        <TextInput
          label={t('robots.code')}
          description={t(kind === 'error' ? 'robots.errorHelp' : 'robots.failureHelp')}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      )}
      <div className={classes.row}>
        <Button
          size="compact-md"
          disabled={!ready || rehearsal.busy}
          onClick={() => rehearsal.act({ answer: { ...target, ...said } })}
        >
          {t('robots.act')}
        </Button>
        {node && kind !== 'failure' && (
          <Button
            size="compact-md"
            variant="default"
            leftSection={<Pin size={14} aria-hidden />}
            disabled={!ready}
            onClick={() => stage.pin({ [wait.node]: pinOf(stage.document, wait.node, said) })}
          >
            {t('pin.act')}
          </Button>
        )}
      </div>
    </>
  );
}

/** Timers fire, messages and signals arrive, conditions hold. */
function EventActions({ rehearsal, stage, wait }: WaitProps) {
  const { t } = useTranslation('testing');
  const [body, setBody] = useState('');
  const told = wait.kind === 'message' || wait.kind === 'signal';
  const typed = objectOf(body);
  const happens = (): void => {
    const target = targetOf(stage.document.key, rehearsal.result?.waits ?? [], wait);
    rehearsal.act({
      trigger: { ...target, ...(told && typed && Object.keys(typed).length > 0 ? { body: typed } : {}) },
    });
  };
  return (
    <>
      {told && (
        <Textarea
          label={t('event.body')}
          autosize
          minRows={1}
          maxRows={8}
          spellCheck={false}
          placeholder="{}"
          value={body}
          error={typed === undefined ? t('robots.notJson') : undefined}
          onChange={(event) => setBody(event.currentTarget.value)}
        />
      )}
      <div className={classes.row}>
        {wait.dueAt && (
          <Button
            size="compact-md"
            variant="default"
            disabled={rehearsal.busy}
            onClick={() => rehearsal.act({ advance: { to: wait.dueAt as string } })}
          >
            {t('event.wait')}
          </Button>
        )}
        <Button
          size="compact-md"
          variant="default"
          disabled={rehearsal.busy || typed === undefined}
          onClick={happens}
        >
          {t(`event.${wait.kind as 'timer'}`)}
        </Button>
      </div>
    </>
  );
}
