import { Anchor, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { RelativeTime, runLook, StatusBadge } from '@/ui';
import type { Relative, Run } from '../queries';
import classes from './Room.module.css';

type FamilyPanelProps = { run: Run; nameOf: (node: string) => string };

/** Why the instance is there, and which others it has led to. */
export function FamilyPanel({ run, nameOf }: FamilyPanelProps) {
  const { t } = useTranslation(['room', 'runs']);
  return (
    <>
      <Text component="h2" size="sm" fw={600}>
        {t('family.cause')}
      </Text>
      <Text size="sm" mb="sm">
        {causeText(t, run)}
      </Text>
      {run.parent && (
        <>
          <Text component="h2" size="sm" fw={600}>
            {t('family.parent')}
          </Text>
          <ul className={classes.relatives}>
            <Line relative={run.parent} />
          </ul>
        </>
      )}
      <Text component="h2" size="sm" fw={600}>
        {t('family.children')}
      </Text>
      {run.children.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('family.none')}
        </Text>
      ) : (
        <ul className={classes.relatives}>
          {run.children.map((child) => (
            <Line key={child.id} relative={child} step={child.node ? nameOf(child.node) : undefined} />
          ))}
        </ul>
      )}
      {run.moreChildren && (
        <Text size="sm" c="dimmed">
          {t('family.more', { count: run.children.length })}
        </Text>
      )}
    </>
  );
}

function Line({ relative, step }: { relative: Relative; step?: string | undefined }) {
  const { t } = useTranslation(['room', 'runs']);
  return (
    <li>
      <Anchor component={Link} to={`/runs/${relative.id}`} size="sm">
        {[relative.definitionName, relative.recordTitle].filter(Boolean).join(' · ')}
      </Anchor>
      <StatusBadge status={runLook(relative)} label={t(`runs:state.${relative.status}`)} />
      <Text size="xs" c="dimmed">
        <RelativeTime at={relative.startedAt} />
        {step ? ` · ${t('family.byStep', { step })}` : ''}
        {relative.awaited ? ` · ${t('family.awaited')}` : ''}
      </Text>
    </li>
  );
}

const causes = ['user', 'trigger', 'run', 'schedule', 'webhook', 'message', 'signal'] as const;

/** What has started the instance, in words. */
export function causeText(t: ReturnType<typeof useTranslation<['room', 'runs']>>['t'], run: Run): string {
  const kind = causes.find((name) => name === run.cause?.kind) ?? (run.startedBy ? 'user' : undefined);
  if (kind === undefined) return t('cause.unknown');
  return t(`cause.${kind}`, { name: run.startedByName || run.startedBy || '', id: run.cause?.id ?? '' });
}
