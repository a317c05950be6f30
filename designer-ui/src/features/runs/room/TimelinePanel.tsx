import { ActionIcon, Button, Group, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Hand, TriangleAlert, ZoomIn, ZoomOut } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDateTime, formatDuration, formatTime } from '@/lib/format';
import type { Run } from '../queries';
import { type Bar, type PartKind, timelineQuery } from './looking';
import classes from './Room.module.css';

const filters = ['all', 'person', 'timer', 'failed'] as const;
type Filter = (typeof filters)[number];

const legend: readonly PartKind[] = ['running', 'person', 'timer', 'message', 'child', 'join', 'incident'];
const zooms = [1, 2, 4, 8, 16, 32, 64, 128] as const;
/** Steps that were over at once and without trouble tell little. */
const quietMs = 1000;

type TimelinePanelProps = {
  run: Run;
  seq: number;
  node: string | undefined;
  /** The past moment that is looked at. */
  moment: string | undefined;
  nameOf: (node: string) => string;
  onSelect: (node: string) => void;
};

const endOf = (time: string | null | undefined, now: number) => (time ? new Date(time).getTime() : now);

/** One bar per attempt of a step: when, how long, and on what the time was spent. */
export function TimelinePanel({ run, seq, node, moment, nameOf, onSelect }: TimelinePanelProps) {
  const { t, i18n } = useTranslation(['room', 'common']);
  const timeline = useQuery(timelineQuery(run.id, i18n.resolvedLanguage ?? 'en'));
  const [filter, setFilter] = useState<Filter>('all');
  const [quiet, setQuiet] = useState(false);
  const [zoom, setZoom] = useState(0);
  const known = timeline.data?.seq ?? 0;
  const { refetch, isFetching } = timeline;
  useEffect(() => {
    if (known > 0 && seq > known && !isFetching) refetch();
  }, [seq, known, isFetching, refetch]);

  const open = run.status === 'active';
  const now = open ? Date.now() : endOf(run.endedAt, Date.now());
  const first = new Date(run.startedAt).getTime();
  const bars = timeline.data?.bars ?? [];
  const last = Math.max(now, ...bars.map((bar) => endOf(bar.to, now)), first + 1);
  const shown = useMemo(
    () => bars.filter((bar) => fits(bar, filter) && (!quiet || !isQuiet(bar, now))).sort(waitingFirst),
    [bars, filter, quiet, now],
  );
  const scale = zooms[zoom] ?? 1;
  const at = (time: number) => `${((time - first) / (last - first)) * 100}%`;
  const due = new Map(run.waits.flatMap((wait) => (wait.dueAt ? [[wait.node, wait.dueAt] as const] : [])));

  return (
    <>
      <Group gap="sm" mb="xs">
        <Group gap={4} role="group" aria-label={t('timeline.filter')}>
          {filters.map((name) => (
            <Button
              key={name}
              size="compact-sm"
              variant={filter === name ? 'light' : 'subtle'}
              aria-pressed={filter === name}
              onClick={() => setFilter(name)}
            >
              {t(`timeline.${name}`)}
            </Button>
          ))}
        </Group>
        <Switch
          size="xs"
          label={t('timeline.hideQuiet')}
          checked={quiet}
          onChange={(event) => setQuiet(event.currentTarget.checked)}
        />
        <Group gap={4}>
          <ActionIcon
            variant="default"
            aria-label={t('timeline.zoomOut')}
            disabled={zoom === 0}
            onClick={() => setZoom(zoom - 1)}
          >
            <ZoomOut size={16} aria-hidden />
          </ActionIcon>
          <ActionIcon
            variant="default"
            aria-label={t('timeline.zoomIn')}
            disabled={zoom === zooms.length - 1}
            onClick={() => setZoom(zoom + 1)}
          >
            <ZoomIn size={16} aria-hidden />
          </ActionIcon>
          <Button size="compact-sm" variant="subtle" disabled={zoom === 0} onClick={() => setZoom(0)}>
            {t('timeline.fit')}
          </Button>
        </Group>
        <ul className={classes.legend} aria-label={t('timeline.legend')}>
          {legend.map((kind) => (
            <li key={kind}>
              <span className={classes.swatch} data-part={kind} aria-hidden />
              {t(`part.${kind}`)}
            </li>
          ))}
        </ul>
      </Group>
      {timeline.data?.more && (
        <Text size="xs" c="dimmed">
          {t('timeline.more', { count: bars.length })}
        </Text>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <section className={classes.gantt} aria-label={t('timeline.title')} tabIndex={0}>
        <ol style={{ minWidth: `${scale * 100}%` }}>
          <li className={classes.axis} aria-hidden>
            <span className={classes.barName} />
            <span className={classes.track}>
              {[0, 0.25, 0.5, 0.75].map((share) => (
                <span key={share} className={classes.tick} style={{ left: `${share * 100}%` }}>
                  {(last - first > 86_400_000 ? formatDateTime : formatTime)(
                    new Date(first + (last - first) * share),
                  )}
                </span>
              ))}
              {timeline.data?.interventions.map((act) => (
                <span
                  key={act.seq}
                  className={classes.act}
                  style={{ left: at(new Date(act.at).getTime()) }}
                  title={act.text}
                />
              ))}
            </span>
          </li>
          {shown.map((bar) => {
            const end = endOf(bar.to, now);
            const took = end - new Date(bar.from).getTime();
            const dueAt = bar.to === null ? due.get(bar.node) : undefined;
            return (
              <li key={bar.seq} data-node={bar.node} data-open={bar.to === null || undefined}>
                <button
                  type="button"
                  className={classes.row}
                  data-selected={bar.node === node || undefined}
                  aria-pressed={bar.node === node}
                  onClick={() => onSelect(bar.node)}
                >
                  <span className={classes.barName}>
                    {bar.failed && <TriangleAlert size={12} aria-hidden />}
                    {bar.byHand && <Hand size={12} aria-hidden />}
                    {nameOf(bar.node)}
                    {bar.attempt > 1 ? ` #${bar.attempt}` : ''}
                    {dueAt && <small> {t('timeline.due', { at: formatDateTime(dueAt) })}</small>}
                  </span>
                  <span className={classes.track}>
                    <span className="fx-visually-hidden">{told(t, bar)}</span>
                    {bar.parts.map((part) => {
                      const from = new Date(part.from).getTime();
                      return (
                        <span
                          key={`${part.kind}${part.from}`}
                          className={classes.part}
                          data-part={part.kind}
                          data-end={bar.end || undefined}
                          style={{
                            left: at(from),
                            width: `${((endOf(part.to, now) - from) / (last - first)) * 100}%`,
                          }}
                          title={`${t(`part.${part.kind}`)} · ${formatDuration(endOf(part.to, now) - from)}`}
                        />
                      );
                    })}
                    {moment && (
                      <span className={classes.moment} style={{ left: at(new Date(moment).getTime()) }} />
                    )}
                  </span>
                  <span className={classes.took}>{formatDuration(took)}</span>
                </button>
              </li>
            );
          })}
        </ol>
      </section>
      {timeline.data && shown.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('timeline.none')}
        </Text>
      )}
    </>
  );
}

function fits(bar: Bar, filter: Filter): boolean {
  if (filter === 'failed') return bar.failed;
  if (filter === 'all') return true;
  return bar.parts.some((part) => part.kind === filter);
}

const isQuiet = (bar: Bar, now: number): boolean =>
  !bar.failed && bar.to !== null && endOf(bar.to, now) - new Date(bar.from).getTime() < quietMs;

/** What still waits stands on top; the rest in the order of its beginning. */
function waitingFirst(a: Bar, b: Bar): number {
  if ((a.to === null) !== (b.to === null)) return a.to === null ? -1 : 1;
  return a.seq - b.seq;
}

/** What the picture of a bar says, in words. */
function told(t: ReturnType<typeof useTranslation<['room', 'common']>>['t'], bar: Bar): string {
  return [
    bar.attempt > 1 ? t('timeline.attempt', { number: bar.attempt }) : '',
    bar.end ? t(`timeline.end.${bar.end}`) : t('timeline.end.open'),
    ...bar.parts.map((part) => t(`part.${part.kind}`)),
    bar.by ?? '',
    bar.byHand ? t('timeline.byHand') : '',
  ]
    .filter(Boolean)
    .join(', ');
}
