import { Button } from '@mantine/core';
import { CircleAlert, CloudOff, CloudUpload } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { formatTime } from '@/lib/format';
import { errorText } from '@/ui';
import classes from './Designer.module.css';
import type { SaveState } from './draft';

/** Where the edits are, always in words. */
export function SaveStatus({
  state,
  onResolve,
  onRetry,
}: {
  state: SaveState;
  onResolve: () => void;
  onRetry: () => void;
}) {
  const { t } = useTranslation('designer');
  switch (state.kind) {
    case 'saved':
      return (
        <span className={classes.saveState} data-save="saved">
          {state.at === undefined
            ? t('save.upToDate')
            : t('save.saved', { time: formatTime(new Date(state.at)) })}
        </span>
      );
    case 'unsaved':
      return (
        <span className={classes.saveState} data-save="unsaved">
          {t('save.unsaved')}
        </span>
      );
    case 'saving':
      return (
        <span className={classes.saveState} data-save="saving">
          <CloudUpload size={15} aria-hidden /> {t('save.saving')}
        </span>
      );
    case 'offline':
      return (
        <span className={classes.saveState} data-save="offline">
          <CloudOff size={15} aria-hidden /> {t('save.offline', { count: state.changes })}
        </span>
      );
    case 'refused':
      return (
        <span className={classes.saveState} data-save="refused">
          <CircleAlert size={15} aria-hidden /> {t('save.refused', { reason: errorText(state.error).title })}
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            {t('save.again')}
          </Button>
        </span>
      );
    case 'conflict':
      return (
        <span className={classes.saveState} data-save="conflict">
          <CircleAlert size={15} aria-hidden /> {t('save.conflict')}
          <Button size="compact-sm" variant="default" onClick={onResolve}>
            {t('save.resolve')}
          </Button>
        </span>
      );
  }
}
