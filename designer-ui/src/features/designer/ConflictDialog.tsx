import { Button, Group, Modal, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Designer.module.css';
import { useDesigner } from './DesignerContext';
import type { Clash } from './draft';
import { elementName } from './texts';

const keyOf = (clash: Clash): string => `${clash.element} ${clash.path.join('.')}`;

const shown = (value: unknown): string =>
  value === null || value === undefined
    ? '–'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value, null, 1);

/** Two people changed the same field: both values side by side, each decided by itself. */
export function ConflictDialog(props: {
  clashes: readonly Clash[];
  onClose: () => void;
  onResolve: (mine: (clash: Clash) => boolean) => void;
}) {
  const { t, i18n } = useTranslation(['designer', 'common']);
  const { t: own } = useTranslation('designer');
  const { kinds, document } = useDesigner();
  const [theirs, setTheirs] = useState<ReadonlySet<string>>(new Set());
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
        {props.clashes.map((clash) => {
          const id = clash.element.slice(clash.element.indexOf('/') + 1);
          const key = keyOf(clash);
          const takeTheirs = theirs.has(key);
          return (
            <section key={key} className={classes.clash}>
              <h3 className={classes.blockTitle}>
                {clash.element === 'meta'
                  ? own('process.title')
                  : elementName(own, kinds, i18n.language, document, id)}
                {clash.path.length > 0 && <code>{clash.path.join('.')}</code>}
              </h3>
              <div className={classes.clashSides}>
                <div>
                  <span>{t('designer:conflict.base')}</span>
                  <pre>{shown(clash.base)}</pre>
                </div>
                <div data-chosen={!takeTheirs || undefined}>
                  <span>{t('designer:conflict.mine')}</span>
                  <pre>{shown(clash.mine)}</pre>
                </div>
                <div data-chosen={takeTheirs || undefined}>
                  <span>{t('designer:conflict.theirs')}</span>
                  <pre>{shown(clash.theirs)}</pre>
                </div>
              </div>
              <SegmentedControl
                size="sm"
                aria-label={t('designer:conflict.title')}
                value={takeTheirs ? 'theirs' : 'mine'}
                data={[
                  { value: 'mine', label: t('designer:conflict.keepMine') },
                  { value: 'theirs', label: t('designer:conflict.takeTheirs') },
                ]}
                onChange={(value) => {
                  const next = new Set(theirs);
                  if (value === 'theirs') next.add(key);
                  else next.delete(key);
                  setTheirs(next);
                }}
              />
            </section>
          );
        })}
        <Group justify="flex-end">
          <Button onClick={() => props.onResolve((clash) => !theirs.has(keyOf(clash)))}>
            {t('designer:conflict.apply')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
