import { Button, Group, Modal, SegmentedControl, Stack } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Automation.module.css';
import type { StageBoard } from './api';
import { changesBetween } from './changes';
import { useBoard } from './context';
import type { BoardDraft } from './draft';
import { type Clash, clashKey, type Merged, type Side } from './merge';
import { rulesOf } from './rules';
import { ChangeList } from './SaveBar';

/**
 * Somebody else has saved the board meanwhile. What does not touch goes together by itself; what both changed is put
 * side by side and decided.
 */
export function ConflictDialog(props: {
  draft: BoardDraft;
  theirs: StageBoard;
  order: readonly string[];
  onClose: () => void;
  onMerged: (merged: Merged) => void;
}) {
  const { draft, theirs, order } = props;
  const { t } = useTranslation(['automation', 'common']);
  const [chosen, setChosen] = useState<ReadonlyMap<string, Side>>(new Map());
  const { clashes } = useMemo(() => draft.mergeWith(theirs, order), [draft, theirs, order]);
  const done = useMemo(
    () => changesBetween(draft.base, rulesOf(theirs.stages, order)),
    [draft, theirs, order],
  );
  const side = (clash: Clash): Side => chosen.get(clashKey(clash)) ?? 'mine';
  return (
    <Modal
      opened
      size="lg"
      onClose={props.onClose}
      title={t('conflict.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        <p>{t(clashes.length > 0 ? 'conflict.clash' : 'conflict.fits')}</p>
        {done.length > 0 && (
          <section aria-label={t('conflict.theirChanges')}>
            <h3 className={classes.blockTitle}>{t('conflict.theirChanges')}</h3>
            <ChangeList changes={done} />
          </section>
        )}
        {clashes.map((clash) => (
          <ClashView
            key={clashKey(clash)}
            clash={clash}
            side={side(clash)}
            onChoose={(next) => setChosen((old) => new Map([...old, [clashKey(clash), next]]))}
          />
        ))}
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button onClick={() => props.onMerged(draft.mergeWith(theirs, order, side))}>
            {t('conflict.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function ClashView({ clash, side, onChoose }: { clash: Clash; side: Side; onChoose: (side: Side) => void }) {
  const { t } = useTranslation('automation');
  const { nameOf, kindOf, stages, timingOf } = useBoard();
  const { field } = clash;
  const key = field?.replace(/^config\./, '') ?? '';
  const label =
    field === undefined
      ? ''
      : field.startsWith('config.')
        ? (kindOf(clash.entry).schema?.properties?.[key]?.title ?? key)
        : t(`field.${field}` as 'field.name', { defaultValue: field });
  const said = (value: unknown): string => {
    if (field === undefined) return t(value ? 'conflict.kept' : 'conflict.removed');
    if (value === undefined) return '–';
    if (field === 'stage') return stages.find(({ id }) => id === value)?.name ?? String(value);
    if (field === 'timing') return timingOf({ ...clash.entry, timing: value } as never);
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const name = nameOf(clash.entry);
  return (
    <section className={classes.clash} aria-label={`${name} ${label}`}>
      <h3 className={classes.blockTitle}>
        {name}
        {label && ` · ${label}`}
      </h3>
      <dl className={classes.sides}>
        {(['base', 'mine', 'theirs'] as const).map((which) => (
          <div key={which} data-chosen={which === side || undefined}>
            <dt>{t(`conflict.${which}`)}</dt>
            <dd>{said(clash[which])}</dd>
          </div>
        ))}
      </dl>
      <SegmentedControl
        size="sm"
        aria-label={`${name} ${label}`}
        value={side}
        data={(['mine', 'theirs'] as const).map((value) => ({ value, label: t(`conflict.keep.${value}`) }))}
        onChange={(value) => onChoose(value as Side)}
      />
    </section>
  );
}
