import { ActionIcon, Anchor, Button, Menu } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Check, EllipsisVertical, Link2, MapPin, Pencil, RotateCcw, Trash2, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { formatDateTime, formatDay } from '@/lib/format';
import { notifyDone, notifyError } from '@/ui';
import classes from './Activities.module.css';
import { type Activity, deleteActivity, reopenActivity } from './api';
import { paint, pathOf, typeIcons } from './looks';
import { dayOf, momentOf } from './time';

type Props = {
  activity: Activity;
  /** The record that everything around is about, which needs no link. */
  about?: string;
  onEdit: (activity: Activity) => void;
  onClose: (activity: Activity, how: 'done' | 'cancellation') => void;
};

const clock = (at: string, language: string) =>
  new Date(at).toLocaleTimeString(language, { hour: 'numeric', minute: '2-digit' });

/** One activity with all that people need to do it, and what they can do with it. */
export function ActivityRow({ activity, about, onEdit, onClose }: Props) {
  const { t, i18n } = useTranslation(['activities', 'common']);
  const client = useQueryClient();
  const refresh = () => void client.invalidateQueries({ queryKey: ['activities'] });
  const reopen = useMutation({
    mutationFn: () => reopenActivity(activity),
    onSuccess: refresh,
    onError: notifyError,
  });
  const remove = useMutation({
    mutationFn: () => deleteActivity(activity),
    onSuccess: () => {
      notifyDone(t('activities:deleted'));
      refresh();
    },
    onError: notifyError,
  });
  const Icon = typeIcons[activity.type];
  const open = activity.status === 'planned';
  const moment = momentOf(activity);
  const names = (ids: readonly string[]) =>
    ids.map((id) => activity.names[id] ?? activity.names[`contact:${id}`] ?? id).join(', ');
  const records = activity.records.filter((record) => `${record.type}:${record.id}` !== about);
  const span =
    activity.start && activity.end
      ? dayOf(activity.start) === dayOf(activity.end)
        ? `${formatDay(activity.start)}, ${clock(activity.start, i18n.language)}–${clock(activity.end, i18n.language)}`
        : `${formatDateTime(activity.start)} – ${formatDateTime(activity.end)}`
      : moment && formatDateTime(moment);

  return (
    <li className={classes.row} data-status={activity.status} data-overdue={activity.overdue}>
      <span
        className={classes.sign}
        style={{ color: paint(activity.color) }}
        title={t(`activities:type.${activity.type}`)}
      >
        <Icon size={16} aria-label={t(`activities:type.${activity.type}`)} />
      </span>
      <div className={classes.body}>
        <div className={classes.name}>{activity.title}</div>
        <div className={classes.facts}>
          {span && (
            <span className={activity.overdue ? classes.late : undefined}>
              {activity.overdue && <strong>{t('activities:overdue')} </strong>}
              {activity.deadline && !activity.start ? t('activities:until', { at: span }) : span}
            </span>
          )}
          {!span && <span>{t('activities:undated')}</span>}
          <span>{activity.names[activity.responsibleId] ?? activity.responsibleId}</span>
          {activity.participants.length > 0 && (
            <span>{t('activities:with', { names: names(activity.participants) })}</span>
          )}
          {activity.contacts.length > 0 && <span>{names(activity.contacts)}</span>}
          {(activity.place || activity.address) && (
            <span>
              <MapPin size={12} aria-hidden /> {[activity.place, activity.address].filter(Boolean).join(', ')}
            </span>
          )}
          {activity.link && (
            <Anchor href={activity.link} target="_blank" rel="noreferrer" size="sm">
              <Link2 size={12} aria-hidden /> {t('activities:openLink')}
            </Anchor>
          )}
          {records.map((record) => (
            <Anchor key={`${record.type}:${record.id}`} component={Link} to={pathOf(record)} size="sm">
              {activity.names[`${record.type}:${record.id}`] ?? t('activities:gone')}
            </Anchor>
          ))}
          {activity.files.map((file) => (
            <Anchor key={file} href={`/api/v1/files/${file}`} target="_blank" rel="noreferrer" size="sm">
              {activity.names[file] ?? file}
            </Anchor>
          ))}
        </div>
        {activity.text && <p className={classes.text}>{activity.text}</p>}
        {!open && (
          <p className={classes.text}>
            {activity.closedBy
              ? t(`activities:ended.${activity.status === 'done' ? 'done' : 'canceled'}`, {
                  name: activity.names[activity.closedBy] ?? activity.closedBy,
                })
              : t('activities:ended.itself')}
            {activity.result && <q className={classes.result}>{activity.result}</q>}
          </p>
        )}
      </div>
      {activity.canEdit && (
        <div className={classes.acts}>
          {open && (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<Check size={14} aria-hidden />}
              onClick={() => onClose(activity, 'done')}
            >
              {t('activities:done')}
            </Button>
          )}
          <Menu position="bottom-end" shadow="md">
            <Menu.Target>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('activities:more', { title: activity.title })}
              >
                <EllipsisVertical size={16} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {open ? (
                <>
                  <Menu.Item leftSection={<Pencil size={16} aria-hidden />} onClick={() => onEdit(activity)}>
                    {t('activities:change')}
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<X size={16} aria-hidden />}
                    onClick={() => onClose(activity, 'cancellation')}
                  >
                    {t('activities:cancelIt')}
                  </Menu.Item>
                </>
              ) : (
                <Menu.Item leftSection={<RotateCcw size={16} aria-hidden />} onClick={() => reopen.mutate()}>
                  {t('activities:reopen')}
                </Menu.Item>
              )}
              <Menu.Item
                color="red"
                leftSection={<Trash2 size={16} aria-hidden />}
                onClick={() => remove.mutate()}
              >
                {t('activities:delete')}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </div>
      )}
    </li>
  );
}
