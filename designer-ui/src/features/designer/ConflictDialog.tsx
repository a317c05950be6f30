import { Button, Group, Modal, SegmentedControl, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Place, useChangeWords } from './changeWords';
import classes from './Designer.module.css';
import { useDesigner } from './DesignerContext';
import type { Choice, Clash } from './draft';
import { elementName } from './texts';

const keyOf = (clash: Clash): string => `${clash.element} ${clash.path.join('.')}`;

const written = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : value === null || value === undefined
      ? ''
      : JSON.stringify(value, null, 2);

type Chosen = { readonly side: 'mine' | 'theirs' } | { readonly side: 'typed'; readonly text: string };

const MINE: Chosen = { side: 'mine' };

/** Of what is typed: the value, or undefined when it is none. Where texts stand, every text is one. */
function typedValue(clash: Clash, text: string): { readonly value: unknown } | undefined {
  const sides = [clash.base, clash.mine, clash.theirs].filter(
    (value) => value !== null && value !== undefined,
  );
  if (sides.every((value) => typeof value === 'string')) return { value: text === '' ? null : text };
  if (text.trim() === '') return { value: null };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Two people changed the same field: both values side by side, each decided by itself, or written anew. */
export function ConflictDialog(props: {
  clashes: readonly Clash[];
  onClose: () => void;
  onResolve: (choose: (clash: Clash) => Choice) => void;
}) {
  const { t } = useTranslation(['designer', 'common']);
  const [chosen, setChosen] = useState<ReadonlyMap<string, Chosen>>(new Map());
  const of = (clash: Clash): Chosen => chosen.get(keyOf(clash)) ?? MINE;
  const wrong = props.clashes.some((clash) => {
    const choice = of(clash);
    return choice.side === 'typed' && !typedValue(clash, choice.text);
  });
  const choose = (clash: Clash): Choice => {
    const choice = of(clash);
    return choice.side === 'typed'
      ? (typedValue(clash, choice.text) ?? { keep: 'mine' })
      : { keep: choice.side };
  };
  return (
    <Modal
      opened
      size="lg"
      onClose={props.onClose}
      title={t('designer:conflict.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        <Text size="md">{t('designer:conflict.text')}</Text>
        {props.clashes.map((clash) => (
          <ClashView
            key={keyOf(clash)}
            clash={clash}
            chosen={of(clash)}
            onChoose={(choice) => setChosen((old) => new Map([...old, [keyOf(clash), choice]]))}
          />
        ))}
        <Group justify="flex-end">
          <Button disabled={wrong} onClick={() => props.onResolve(choose)}>
            {t('designer:conflict.apply')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function ClashView(props: { clash: Clash; chosen: Chosen; onChoose: (chosen: Chosen) => void }) {
  const { clash, chosen, onChoose } = props;
  const { t, i18n } = useTranslation('designer');
  const { kinds, document } = useDesigner();
  const id = clash.element.slice(clash.element.indexOf('/') + 1);
  const title =
    clash.element === 'meta' ? t('process.title') : elementName(t, kinds, i18n.language, document, id);
  const words = useChangeWords(document, document, kinds);
  const place: Place = {
    element: clash.element.startsWith('nodes/')
      ? 'node'
      : clash.element.startsWith('flows/')
        ? 'flow'
        : 'process',
    id,
    path: clash.path,
  };
  // A whole step is kept or not; it is not written by hand.
  const writable = clash.path.length > 0;
  const sides = [clash.base, clash.mine, clash.theirs] as const;
  const [before, mine, theirs] = writable
    ? words.values(place, sides)
    : sides.map((value) => (value !== null && value !== undefined ? written(value) : t('conflict.deleted')));
  return (
    <section className={classes.clash} aria-label={title}>
      <h3 className={classes.blockTitle}>
        {title}
        {writable && <span className={classes.clashField}>{words.field(place)}</span>}
      </h3>
      <div className={classes.clashSides}>
        <div>
          <span>{t('conflict.base')}</span>
          <pre>{before}</pre>
        </div>
        <div data-chosen={chosen.side === 'mine' || undefined}>
          <span>{t('conflict.mine')}</span>
          <pre>{mine}</pre>
        </div>
        <div data-chosen={chosen.side === 'theirs' || undefined}>
          <span>{t('conflict.theirs')}</span>
          <pre>{theirs}</pre>
        </div>
      </div>
      <SegmentedControl
        size="sm"
        aria-label={t('conflict.title')}
        value={chosen.side}
        data={[
          { value: 'mine', label: t('conflict.keepMine') },
          { value: 'theirs', label: t('conflict.takeTheirs') },
          ...(writable ? [{ value: 'typed', label: t('conflict.type') }] : []),
        ]}
        onChange={(side) =>
          onChoose(
            side === 'typed' ? { side, text: written(clash.mine) } : { side: side as 'mine' | 'theirs' },
          )
        }
      />
      {chosen.side === 'typed' && (
        <Textarea
          label={t('conflict.value')}
          autosize
          minRows={1}
          maxRows={12}
          value={chosen.text}
          error={typedValue(clash, chosen.text) ? undefined : t('conflict.notJson')}
          onChange={(event) => onChoose({ side: 'typed', text: event.currentTarget.value })}
        />
      )}
    </section>
  );
}
