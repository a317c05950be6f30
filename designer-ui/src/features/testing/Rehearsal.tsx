import { ActionIcon, Badge, CloseButton, Loader, Tabs, Tooltip } from '@mantine/core';
import { LocateFixed } from 'lucide-react';
import { type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunStore } from '@/canvas';
import { useUser } from '@/features/identity/useSession';
import { useCommands } from '@/lib/commands';
import { announce } from '@/lib/live';
import type { KindTable } from '@/lib/process/kinds';
import type { Pin } from '@/lib/process/pins';
import type { ProcessDocument } from '@/lib/process/types';
import { Data } from './Data';
import { Failures } from './Failures';
import { Now } from './Now';
import { Outbox } from './Outbox';
import { pinOf, staleIn } from './recorded';
import { Scenarios } from './Scenarios';
import { StartForm } from './StartForm';
import { Steps } from './Steps';
import { answeredBy, brokenIn, type Scenario, scenariosOf, standsAt, withStart } from './scenario';
import classes from './Testing.module.css';
import { useRehearsal } from './useRehearsal';

/** What the rehearsal needs of the designer. */
export interface Stage {
  readonly document: ProcessDocument;
  readonly kinds: KindTable;
  readonly name: (id: string) => string;
  readonly select: (id: string) => void;
  /** Changes the scenarios of the definition, as any other edit. */
  readonly keep: (scenarios: Scenario[]) => void;
  /** Gives steps test data. */
  readonly pin: (pins: Readonly<Record<string, Pin>>) => void;
  /** The steps before which it stops. */
  readonly stops: ReadonlySet<string>;
  readonly toggleStop: (id: string) => void;
}

interface RehearsalProps extends Stage {
  readonly store: RunStore;
  /**
   * Why the panel was opened: a saved scenario is played, the run of a fault step by step, or it is run up to a node. Each
   * wish is a new object.
   */
  readonly wish: {
    readonly node?: string;
    readonly scenario?: string;
    readonly fault?: { readonly scenario: Scenario; readonly text: string };
  };
  /** The properties of what is selected stay at hand. */
  readonly inspector: ReactNode;
  /** Where it stands, for the drawing. */
  readonly onStanding: (standing: {
    /** The step to look at; told anew with everything that happens. */
    at: string | undefined;
    paused: string | undefined;
    stale: ReadonlySet<string>;
    broken: ReadonlySet<string>;
  }) => void;
  /** The drawing goes where the rehearsal is, until a person moves it. */
  readonly following: boolean;
  readonly onFollow: (on: boolean) => void;
  /** Filled in while it is open: what it has brought for a step. */
  readonly brought: RefObject<((id: string) => Pin | undefined) | undefined>;
  readonly onClose: () => void;
}

/** Plays the process on the canvas: who acts, what robots answer and what time it is, is decided here. */
export function Rehearsal({
  store,
  wish,
  inspector,
  onStanding,
  following,
  onFollow,
  brought,
  onClose,
  ...stage
}: RehearsalProps) {
  const { t } = useTranslation(['testing', 'common', 'designer']);
  const { document, kinds, name } = stage;
  const [tab, setTab] = useState<string | null>('now');
  const rehearsal = useRehearsal({ document, kinds, store, stops: stage.stops });
  const { session, result, busy, missed, runTo, paused, goOn } = rehearsal;
  const heading = useRef<HTMLHeadingElement>(null);
  const asked = useRef<RehearsalProps['wish']>(undefined);

  useEffect(() => heading.current?.focus(), []);
  const { load } = rehearsal;
  const loaded = useRef<RehearsalProps['wish']>(undefined);
  const me = useUser().id;
  useEffect(() => {
    if (loaded.current === wish) return;
    if (wish.fault) {
      loaded.current = wish;
      load(withStart(document, wish.fault.scenario, me), { shows: wish.fault.text });
      setTab('now');
      return;
    }
    if (wish.scenario === undefined) return;
    loaded.current = wish;
    const wanted = scenariosOf(document).find(({ name: called }) => called === wish.scenario);
    if (wanted) load(wanted);
    setTab('now');
  }, [wish, document, load, me]);
  const begun = session !== undefined;
  useEffect(() => {
    if (wish.node === undefined || asked.current === wish || !begun) return;
    asked.current = wish;
    runTo(wish.node);
  }, [wish, begun, runTo]);
  const stale = useMemo(() => staleIn(document, session?.recorded), [document, session?.recorded]);
  const broken = useMemo(
    () => (result ? brokenIn(document, result, session?.expected?.of) : new Set<string>()),
    [document, result, session],
  );
  useEffect(
    () =>
      onStanding({
        at: result && !busy ? standsAt(document, result, paused?.node) : undefined,
        paused: paused?.node,
        stale,
        broken,
      }),
    [onStanding, document, result, busy, paused, stale, broken],
  );
  useEffect(() => {
    brought.current = (id) => {
      const entry = session?.entries.findLast(({ step }) => answeredBy(step) === id)?.step;
      const reply = entry?.answer ?? entry?.complete;
      return typeof reply === 'object' && !reply.failure ? pinOf(document, id, reply) : undefined;
    };
    return () => {
      brought.current = undefined;
    };
  }, [brought, session, document]);
  const more = paused !== undefined;
  useCommands([
    {
      id: 'rehearsal.continue',
      title: t('testing:paused.continue'),
      section: t('testing:title'),
      shortcut: 'f5',
      enabled: () => more && !busy,
      run: () => goOn(false),
    },
    {
      id: 'rehearsal.step',
      title: t('testing:paused.step'),
      section: t('testing:title'),
      shortcut: 'f10',
      enabled: () => begun && !busy,
      run: () => goOn(true),
    },
  ]);
  const summary =
    result &&
    [
      paused
        ? t('testing:paused.title', { name: name(paused.node) })
        : t(`testing:end.${result.end as 'waiting'}`),
      ...result.waits.filter(({ kind }) => kind === 'task').map(({ node }) => name(node)),
    ].join(': ');
  useEffect(() => {
    if (summary && !busy) announce(summary);
  }, [summary, busy]);

  return (
    <aside className={classes.panel} aria-label={t('testing:title')} data-rehearsal>
      <header className={classes.head}>
        <h2 className={classes.title} ref={heading} tabIndex={-1}>
          {t('testing:title')}
        </h2>
        {busy && <Loader size={16} aria-label={t('testing:playing')} />}
        {result && session && (
          <Badge variant="default" radius="sm" tt="none" fw={500} data-testid="rehearsal-end">
            {paused ? t('testing:paused.badge') : t(`testing:end.${result.end as 'waiting'}`)}
          </Badge>
        )}
        <Tooltip label={t('testing:follow')}>
          <ActionIcon
            variant={following ? 'light' : 'subtle'}
            color={following ? undefined : 'gray'}
            aria-label={t('testing:follow')}
            aria-pressed={following}
            onClick={() => onFollow(!following)}
          >
            <LocateFixed size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t('testing:close')}>
          <CloseButton aria-label={t('testing:close')} onClick={onClose} />
        </Tooltip>
      </header>
      <Tabs className={classes.tabs} value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List className={classes.list}>
          <Tabs.Tab value="now">{t('testing:tab.now')}</Tabs.Tab>
          {session && <Tabs.Tab value="steps">{t('testing:tab.steps')}</Tabs.Tab>}
          {session && <Tabs.Tab value="data">{t('testing:tab.data')}</Tabs.Tab>}
          {session && (
            <Tabs.Tab value="outbox">
              {t('testing:tab.outbox')}
              {result && result.outbox.length > 0 ? ` ${result.outbox.length}` : ''}
            </Tabs.Tab>
          )}
          <Tabs.Tab value="scenarios">{t('testing:tab.scenarios')}</Tabs.Tab>
          <Tabs.Tab value="properties">{t('designer:inspector.title')}</Tabs.Tab>
        </Tabs.List>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard. */}
        <section className={classes.body} tabIndex={0} aria-label={t('testing:body')}>
          <Failures rehearsal={rehearsal} stage={stage} />
          {missed !== undefined && (
            <div className={classes.section} role="alert">
              {t('testing:missed', { name: name(missed) })}
            </div>
          )}
          <Tabs.Panel value="now">
            {session && result ? (
              <Now rehearsal={rehearsal} stage={stage} />
            ) : (
              <StartForm rehearsal={rehearsal} stage={stage} />
            )}
          </Tabs.Panel>
          <Tabs.Panel value="steps">
            <Steps rehearsal={rehearsal} stage={stage} />
          </Tabs.Panel>
          <Tabs.Panel value="data">
            <Data rehearsal={rehearsal} stage={stage} />
          </Tabs.Panel>
          <Tabs.Panel value="outbox">
            <Outbox rehearsal={rehearsal} stage={stage} />
          </Tabs.Panel>
          <Tabs.Panel value="scenarios">
            <Scenarios
              rehearsal={rehearsal}
              stage={stage}
              onOpen={(scenario) => {
                rehearsal.load(scenario);
                setTab('now');
              }}
            />
          </Tabs.Panel>
          <Tabs.Panel value="properties">{inspector}</Tabs.Panel>
        </section>
      </Tabs>
    </aside>
  );
}
