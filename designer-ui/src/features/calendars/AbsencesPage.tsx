import { Button, Group } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CalendarOff, Coffee, Play, Plus, Square } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type Absence,
  type AbsenceInput,
  absencesQuery,
  addAbsence,
  changeAbsence,
  deleteAbsence,
  markDay,
  myDayQuery,
} from '@/api/queries/calendars';
import { directoryQuery } from '@/api/queries/directory';
import type { JsonSchema } from '@/features/forms';
import { useUser } from '@/features/identity/useSession';
import { EntityDialog } from '@/features/settings/EntityDialog';
import { RowActions } from '@/features/settings/RowActions';
import { formatDay, formatTime } from '@/lib/format';
import { DataTable, EmptyState, ErrorState, notifyDone, notifyError, Page, PageSkeleton } from '@/ui';
import classes from './CalendarsPage.module.css';

const kinds = ['vacation', 'sickLeave', 'trip', 'other'] as const;
const dayOf = (date: string) => formatDay(`${date}T12:00:00`);

/** One's own working day and absences, and for heads those of their people. */
export function AbsencesPage() {
  const { t } = useTranslation(['settings', 'common']);
  const user = useUser();
  const queryClient = useQueryClient();
  const { data: directory } = useQuery(directoryQuery);
  const own = useQuery(absencesQuery({ userId: user.id }));
  const team = useQuery(absencesQuery({ team: true }));
  const heads = directory?.departments.some(({ headId }) => headId === user.id) ?? false;
  const [editing, setEditing] = useState<Absence | 'own' | 'team' | null>(null);
  const existing = typeof editing === 'object' ? editing : null;

  const remove = async (absence: Absence) => {
    try {
      await deleteAbsence(absence);
      notifyDone(t('settings:absences.gone'));
    } catch (error) {
      notifyError(error);
    }
    void queryClient.invalidateQueries({ queryKey: ['absences'] });
  };
  const schema: JsonSchema = {
    type: 'object',
    required: editing === 'team' ? ['userId', 'kind', 'from', 'to'] : ['kind', 'from', 'to'],
    properties: {
      ...(editing === 'team' && {
        userId: { type: 'string', title: t('settings:absences.person'), 'x-widget': 'user-picker' },
      }),
      kind: {
        title: t('settings:absences.kind'),
        enum: [...kinds],
        'x-labels': Object.fromEntries(kinds.map((kind) => [kind, t(`settings:absences.kinds.${kind}`)])),
      },
      from: { type: 'string', format: 'date', title: t('settings:absences.from') },
      to: { type: 'string', format: 'date', title: t('settings:absences.to') },
      standIn: {
        type: 'string',
        title: t('settings:absences.standIn'),
        description: t('settings:absences.standInHelp'),
        'x-widget': 'user-picker',
      },
      keepTasks: {
        type: 'boolean',
        title: t('settings:absences.keepTasks'),
        description: t('settings:absences.keepTasksHelp'),
      },
      note: { type: 'string', title: t('settings:absences.note'), maxLength: 500 },
    },
  };
  const table = (label: string, items: Absence[], withPerson: boolean) => (
    <DataTable
      label={label}
      items={items}
      keyOf={(absence) => absence.id}
      columns={[
        ...(withPerson
          ? [
              {
                key: 'person',
                title: t('settings:absences.person'),
                render: (absence: Absence) => absence.userName,
              },
            ]
          : []),
        {
          key: 'days',
          title: t('settings:absences.days'),
          render: ({ from, to }) => (from === to ? dayOf(from) : `${dayOf(from)} – ${dayOf(to)}`),
        },
        {
          key: 'kind',
          title: t('settings:absences.kind'),
          render: ({ kind }) =>
            t(`settings:absences.kinds.${kinds.find((known) => known === kind) ?? 'other'}`),
        },
        { key: 'standIn', title: t('settings:absences.standIn'), render: ({ standInName }) => standInName },
        {
          key: 'actions',
          title: t('settings:actions'),
          end: true,
          bare: true,
          render: (absence) =>
            absence.canEdit && (
              <RowActions
                name={`${absence.userName}, ${dayOf(absence.from)}`}
                onEdit={() => setEditing(absence)}
                onDelete={() => void remove(absence)}
              />
            ),
        },
      ]}
    />
  );

  return (
    <Page
      title={t('settings:absences.title')}
      description={t('settings:absences.text')}
      actions={
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setEditing('own')}>
          {t('settings:absences.add')}
        </Button>
      }
    >
      <MyDay />
      {own.error && <ErrorState error={own.error} onRetry={() => void own.refetch()} />}
      {own.isPending && <PageSkeleton />}
      {own.data?.items.length === 0 && (
        <EmptyState
          icon={CalendarOff}
          title={t('settings:absences.none')}
          text={t('settings:absences.noneText')}
        />
      )}
      {own.data && own.data.items.length > 0 && table(t('settings:absences.title'), own.data.items, false)}
      {heads && (
        <section style={{ marginTop: 32 }}>
          <Group justify="space-between" mb="sm">
            <h2 className={classes.heading}>{t('settings:absences.team')}</h2>
            <Button variant="default" onClick={() => setEditing('team')}>
              {t('settings:absences.addTeam')}
            </Button>
          </Group>
          {team.data && team.data.items.length > 0
            ? table(t('settings:absences.team'), team.data.items, true)
            : t('settings:absences.none')}
        </section>
      )}
      {editing && (
        <EntityDialog
          title={existing ? t('settings:absences.change') : t('settings:absences.add')}
          submitLabel={t('common:action.save')}
          schema={schema}
          initial={
            existing
              ? {
                  kind: existing.kind,
                  from: existing.from,
                  to: existing.to,
                  ...(existing.standIn && { standIn: existing.standIn }),
                  ...(existing.keepTasks && { keepTasks: true }),
                  ...(existing.note && { note: existing.note }),
                }
              : { kind: 'vacation' }
          }
          onClose={() => setEditing(null)}
          onSubmit={async (value) => {
            const input = { userId: existing?.userId ?? user.id, ...value } as AbsenceInput;
            if (existing) await changeAbsence(existing, input);
            else await addAbsence(input);
            notifyDone(t('settings:saved'));
            setEditing(null);
            void queryClient.invalidateQueries({ queryKey: ['absences'] });
          }}
        />
      )}
    </Page>
  );
}

/** Begins, interrupts and ends the working day. */
function MyDay() {
  const { t } = useTranslation('settings');
  const queryClient = useQueryClient();
  const { data: day } = useQuery(myDayQuery);
  if (!day) return null;
  const mark = async (action: string) => {
    try {
      queryClient.setQueryData(myDayQuery.queryKey, await markDay(action));
    } catch (error) {
      notifyError(error);
      void queryClient.invalidateQueries({ queryKey: myDayQuery.queryKey });
    }
  };
  const last = day.marks?.at(-1)?.at;
  return (
    <Group mb="xl" role="group" aria-label={t('absences.day')}>
      <span role="status" style={{ fontWeight: 500 }}>
        {t(`absences.state.${day.state}`)}
        {last && ` · ${formatTime(last)}`}
      </span>
      {day.state === 'off' && (
        <Button leftSection={<Play size={16} aria-hidden />} onClick={() => void mark('start')}>
          {t('absences.start')}
        </Button>
      )}
      {day.state === 'working' && (
        <Button
          variant="default"
          leftSection={<Coffee size={16} aria-hidden />}
          onClick={() => void mark('pause')}
        >
          {t('absences.pause')}
        </Button>
      )}
      {day.state === 'paused' && (
        <Button leftSection={<Play size={16} aria-hidden />} onClick={() => void mark('resume')}>
          {t('absences.resume')}
        </Button>
      )}
      {day.state !== 'off' && (
        <Button
          variant="default"
          leftSection={<Square size={16} aria-hidden />}
          onClick={() => void mark('end')}
        >
          {t('absences.end')}
        </Button>
      )}
    </Group>
  );
}
