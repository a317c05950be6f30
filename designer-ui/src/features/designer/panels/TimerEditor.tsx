import { SegmentedControl, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { timerText } from '@/canvas/nodeText';
import { plainPath, useNames, useNaming } from '@/features/expressions/names';
import { type JsonSchema, SchemaForm } from '@/features/forms';
import { useMay } from '@/features/identity/useSession';
import { formatDateTime } from '@/lib/format';
import { isExpr, type TimerRule } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import type { TriggerEditorProps } from './TriggerEditor';

const TIMERS = ['after', 'at', 'every'] as const;
type TimerMode = (typeof TIMERS)[number];

/** Where a timer stands that goes by a date: on it, or so much before or after it. */
const BESIDE = ['on', 'before', 'after'] as const;
type Beside = (typeof BESIDE)[number];

const modeOf = (rule: TimerRule): TimerMode =>
  rule.at !== undefined ? 'at' : (TIMERS.find((mode) => rule[mode] !== undefined) ?? 'after');

const besideOf = (rule: TimerRule): Beside =>
  rule.before !== undefined ? 'before' : rule.after !== undefined ? 'after' : 'on';

const FRESH: Record<TimerMode, TimerRule> = {
  after: { after: 'P1D' },
  at: { at: { expr: 'record.expectedCloseAt' } },
  every: { every: 'P1D' },
};

/** When a timer fires: after a time, at, before or after a date, or again and again. */
export function TimerEditor({ node, part = 0, onChange }: TriggerEditorProps) {
  const { t } = useTranslation('designer');
  const { definitionKey, readOnly, suggested, onSuggested } = useDesigner();
  const rule = node.trigger?.timer ?? {};
  const idPrefix = `timer-${node.id}${part}`;
  const [fresh] = useState(suggested === node.id);
  useEffect(() => {
    if (!fresh) return;
    const field = window.document.getElementById(`${idPrefix}/after`);
    if (field instanceof HTMLInputElement) {
      field.focus();
      field.select();
    }
    onSuggested();
  }, [fresh, idPrefix, onSuggested]);
  const mode = modeOf(rule);
  // The length may be empty for a moment while it is typed.
  const [wanted, setWanted] = useState(besideOf(rule));
  const beside = besideOf(rule) === 'on' && mode === 'at' ? wanted : besideOf(rule);
  // A token passes a timer in its way once; only a boundary event may fire again and again.
  const modes = node.kind === 'boundaryEvent' ? TIMERS : TIMERS.filter((candidate) => candidate !== 'every');
  const form = (schema: JsonSchema) => (
    <SchemaForm
      schema={schema}
      value={rule}
      expressions
      scope={{ definitionKey, node: node.id }}
      readOnly={readOnly}
      idPrefix={idPrefix}
      onChange={(value) => onChange({ timer: value })}
    />
  );
  return (
    <>
      <SegmentedControl
        fullWidth
        aria-label={t('timer.mode')}
        readOnly={readOnly}
        value={mode}
        data={modes.map((candidate) => ({ value: candidate, label: t(`timer.${candidate}`) }))}
        onChange={(next) => {
          setWanted('on');
          onChange({ timer: structuredClone(FRESH[next as TimerMode]) });
        }}
      />
      {form({
        type: 'object',
        properties: {
          [mode]: {
            type: 'string',
            title: t(`timer.${mode}Label`),
            description: t(`timer.${mode}Help`),
            ...(mode === 'at' ? { format: 'date-time' } : { 'x-widget': 'duration' }),
          },
        },
      })}
      {fresh && mode === 'after' && rule.after === FRESH.after.after && (
        <p className={classes.hint}>{t('timer.suggested')}</p>
      )}
      {mode === 'at' && (
        <Select
          label={t('timer.beside')}
          data={BESIDE.map((value) => ({ value, label: t(`timer.besideChoice.${value}`) }))}
          value={beside}
          allowDeselect={false}
          readOnly={readOnly}
          onChange={(next) => {
            const { before, after, ...kept } = rule;
            setWanted(next as Beside);
            onChange({
              timer: next === 'on' || !next ? kept : { ...kept, [next]: before ?? after ?? 'P1D' },
            });
          }}
        />
      )}
      {mode === 'at' &&
        beside !== 'on' &&
        form({
          type: 'object',
          required: [beside],
          properties: {
            [beside]: {
              type: 'string',
              title: t(`timer.${beside}By`),
              'x-widget': 'duration',
              // Its end, counted from now, says nothing beside a date.
              'x-from-now': false,
            },
          },
        })}
      {mode === 'at' && <Says rule={rule} node={node.id} />}
    </>
  );
}

/** The rule as a sentence, and the moment that it comes to where that is known already. */
function Says({ rule, node }: { rule: TimerRule; node: string }) {
  const { t, i18n } = useTranslation('designer');
  const { definitionKey } = useDesigner();
  const mayDesign = useMay('definitions.edit');
  const naming = useNaming();
  const names = useNames({ definitionKey, node });
  const named = isExpr(rule.at) ? names.byPath.get(plainPath(rule.at.expr.trim())) : undefined;
  const says = timerText(t, i18n.language, rule, named && naming.label(named));
  const [asked] = useDebouncedValue(rule, 300);
  const fixed = ![asked.at, asked.before, asked.after].some(isExpr) && asked.at !== undefined;
  const { data } = useQuery({
    queryKey: ['timer-moment', asked],
    queryFn: ({ signal }) =>
      api.post<gen.SchedulePreview>('/schedules/preview', { timer: asked }, { signal }),
    enabled: mayDesign && fixed && besideOf(asked) !== 'on',
    retry: false,
    staleTime: 30_000,
  });
  // Not the moment of what was set before.
  const moment = asked === rule ? data?.firings?.[0]?.at : undefined;
  if (!says) return null;
  return (
    <p className={classes.hint} role="status" data-timer-says>
      {moment ? t('timer.saysAt', { says, when: formatDateTime(moment) }) : says}
    </p>
  );
}
