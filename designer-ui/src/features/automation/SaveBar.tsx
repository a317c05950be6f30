import { Button, Popover } from '@mantine/core';
import { ChevronUp } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Automation.module.css';
import type { Change } from './changes';
import { useBoard } from './context';

/** What is not saved yet, what exactly that is, and how to save it or to let it go. */
export function SaveBar(props: {
  changes: readonly Change[];
  saving: boolean;
  problems: number;
  /** Nothing was done yet but to bring back what an earlier visit left. */
  restored: boolean;
  onSave: () => void;
  onDiscard: () => void;
}) {
  const { t } = useTranslation('automation');
  const { changes, saving, problems, restored } = props;
  const [listed, setListed] = useState(false);
  if (changes.length === 0) return null;
  return (
    <section className={classes.saveBar} aria-label={t('save.title')}>
      <Popover opened={listed} onChange={setListed} position="top-start" shadow="md" width={340} trapFocus>
        <Popover.Target>
          <button
            type="button"
            className={classes.saveCount}
            aria-expanded={listed}
            onClick={() => setListed(!listed)}
          >
            {t('save.count', { count: changes.length })}
            <ChevronUp size={14} aria-hidden data-listed={listed || undefined} />
          </button>
        </Popover.Target>
        <Popover.Dropdown p="xs">
          <ChangeList changes={changes} onChoose={() => setListed(false)} />
        </Popover.Dropdown>
      </Popover>
      {/* On the left, where no toast covers them. */}
      <Button size="sm" loading={saving} onClick={props.onSave}>
        {t('save.save')}
      </Button>
      <Button variant="default" size="sm" onClick={props.onDiscard} disabled={saving}>
        {t('save.discard')}
      </Button>
      <span className={classes.saveHelp} data-tone={problems > 0 ? 'error' : undefined}>
        {problems > 0 ? t('save.refused', { count: problems }) : t(restored ? 'save.restored' : 'save.help')}
      </span>
    </section>
  );
}

/** Changes in words, stage by stage; each leads to its card. */
export function ChangeList({ changes, onChoose }: { changes: readonly Change[]; onChoose?: () => void }) {
  const { t } = useTranslation('automation');
  const { stages, nameOf, open, kindOf } = useBoard();
  const stageName = (id: string): string => stages.find((stage) => stage.id === id)?.name ?? id;
  const labels = (change: Change): string => {
    const properties = kindOf(change.entry).schema?.properties ?? {};
    return change.fields
      .map((field) =>
        field.startsWith('config.')
          ? (properties[field.slice('config.'.length)]?.title ?? field.slice('config.'.length))
          : t(`field.${field}` as 'field.name', { defaultValue: field }),
      )
      .join(', ');
  };
  return (
    <ul className={classes.changes}>
      {changes.map((change) => (
        <li key={`${change.kind} ${change.id}`}>
          <button
            type="button"
            disabled={change.kind === 'removed'}
            onClick={() => {
              onChoose?.();
              open(change.id);
            }}
          >
            <span className={classes.changeKind} data-change={change.kind}>
              {t(`change.${change.kind}`)}
            </span>
            <span className={classes.changeName}>{nameOf(change.entry)}</span>
            <span className={classes.changeWhere}>
              {change.from
                ? t('save.fromTo', { from: stageName(change.from), to: stageName(change.stage) })
                : stageName(change.stage)}
              {change.fields.length > 0 && ` · ${labels(change)}`}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
