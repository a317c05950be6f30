import { ActionIcon, Badge, Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { FileDown, History, Lock, Redo2, Undo2, WandSparkles, Workflow } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { TopBarContent } from '@/features/shell';
import { bpmnAddress, type Definition } from './api';
import classes from './Designer.module.css';
import { useDesigner } from './DesignerContext';
import { SaveStatus } from './SaveStatus';
import { labelText } from './texts';
import type { EditorActions } from './useEditorCommands';

interface TopBarProps {
  readonly definition: Definition;
  readonly publishedVersion: number | null;
  readonly actions: EditorActions;
  readonly onResolve: () => void;
  readonly onRetry: () => void;
}

export function TopBar({ definition, publishedVersion, actions, onResolve, onRetry }: TopBarProps) {
  const { t } = useTranslation('designer');
  const { view, document, readOnly } = useDesigner();
  const mayPublish = useMay('definitions.publish');
  const mayEdit = useMay('definitions.edit');
  const undo = view.undo ? t('command.undoWhat', { action: labelText(t, view.undo) }) : t('command.undo');
  const redo = view.redo ? t('command.redoWhat', { action: labelText(t, view.redo) }) : t('command.redo');
  return (
    <TopBarContent>
      <nav className={classes.crumbs} aria-label={t('bar.path')}>
        <Link to="/definitions" className={classes.link}>
          {t('list.title')}
        </Link>
        <span aria-hidden>/</span>
        <h1 className={classes.barTitle}>{document.name}</h1>
      </nav>
      <Badge variant="default" radius="sm" tt="none" fw={500} className={classes.version}>
        {publishedVersion === null ? t('bar.unpublished') : t('bar.version', { version: publishedVersion })}
      </Badge>
      {readOnly ? (
        <Badge
          title={t('bar.readOnlyHelp')}
          variant="default"
          radius="sm"
          tt="none"
          fw={500}
          leftSection={<Lock size={12} aria-hidden />}
        >
          {t('bar.readOnly')}
        </Badge>
      ) : (
        <SaveStatus state={view.save} onResolve={onResolve} onRetry={onRetry} />
      )}
      <span className={classes.spacer} />
      {!readOnly && (
        <div className={classes.iconActions}>
          <ActionIcon
            title={undo}
            variant="subtle"
            color="gray"
            aria-label={undo}
            disabled={!view.undo}
            onClick={actions.undo}
          >
            <Undo2 size={18} aria-hidden />
          </ActionIcon>
          <ActionIcon
            title={redo}
            variant="subtle"
            color="gray"
            aria-label={redo}
            disabled={!view.redo}
            onClick={actions.redo}
          >
            <Redo2 size={18} aria-hidden />
          </ActionIcon>
          <ActionIcon
            title={t('command.tidy')}
            variant="subtle"
            color="gray"
            aria-label={t('command.tidy')}
            onClick={actions.tidy}
          >
            <WandSparkles size={18} aria-hidden />
          </ActionIcon>
        </div>
      )}
      {mayEdit && (
        <ActionIcon
          component="a"
          href={bpmnAddress(definition.key)}
          download
          title={t('bpmn.export')}
          aria-label={t('bpmn.export')}
          variant="subtle"
          color="gray"
        >
          <FileDown size={18} aria-hidden />
        </ActionIcon>
      )}
      <Button
        component={Link}
        to={`/definitions/${definition.key}/runs` as '/definitions/$key/runs'}
        variant="subtle"
        color="gray"
        leftSection={<Workflow size={16} aria-hidden />}
      >
        {t('bar.runs')}
      </Button>
      <Button
        component={Link}
        to={`/definitions/${definition.key}/versions` as '/definitions/$key/versions'}
        variant="subtle"
        color="gray"
        leftSection={<History size={16} aria-hidden />}
      >
        {t('bar.versions')}
      </Button>
      <Button
        title={mayPublish ? undefined : t('bar.publishRefused')}
        disabled={!mayPublish}
        onClick={actions.publish}
      >
        {t('command.publish')}
      </Button>
    </TopBarContent>
  );
}
