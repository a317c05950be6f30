import { ActionIcon, Badge, Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { BookOpen, FileDown, History, Lock, Play, Redo2, Undo2, Upload, Workflow } from 'lucide-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { TopBarContent } from '@/features/shell';
import { bpmnAddress, type Definition } from './api';
import type { DesignerCommand } from './commands';
import classes from './Designer.module.css';
import type { DraftView } from './draft';
import { People } from './people/People';
import type { Colleague } from './people/usePeople';
import { SaveStatus } from './SaveStatus';

const BUTTONS = [
  ['undo', Undo2],
  ['redo', Redo2],
] as const;

interface TopBarProps extends Pick<DraftView, 'save'> {
  readonly definition: Definition;
  readonly name: string;
  readonly readOnly: boolean;
  readonly publishedVersion: number | null;
  readonly commands: readonly DesignerCommand[];
  readonly people: readonly Colleague[];
  readonly undo: boolean;
  readonly redo: boolean;
  readonly onResolve: () => void;
  readonly onRetry: () => void;
}

/** Above the drawing. It is drawn again only when one of these changes, not with every key. */
export const TopBar = memo(function TopBar({
  definition,
  name,
  readOnly,
  publishedVersion,
  commands,
  people,
  save,
  onResolve,
  onRetry,
  ...has
}: TopBarProps) {
  const { t } = useTranslation('designer');
  const mayPublish = useMay('definitions.publish');
  const mayEdit = useMay('definitions.edit');
  const command = (id: string): DesignerCommand =>
    commands.find((candidate) => candidate.id === `designer.${id}`) as DesignerCommand;
  return (
    <TopBarContent>
      <nav className={classes.crumbs} aria-label={t('bar.path')}>
        <Link to="/definitions" className={classes.link}>
          {t('list.title')}
        </Link>
        <span aria-hidden>/</span>
        <h1 className={classes.barTitle}>{name}</h1>
      </nav>
      <Badge variant="default" radius="sm" tt="none" fw={500} className={classes.version}>
        {publishedVersion === null ? t('bar.unpublished') : t('bar.version', { version: publishedVersion })}
      </Badge>
      {definition.board ? (
        <Button
          component={Link}
          to={`/crm/automation/${definition.board}`}
          variant="default"
          size="compact-sm"
          title={t('bar.boardHelp')}
          leftSection={<Lock size={12} aria-hidden />}
        >
          {t('bar.board')}
        </Button>
      ) : readOnly ? (
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
        <SaveStatus state={save} onResolve={onResolve} onRetry={onRetry} />
      )}
      <span className={classes.spacer} />
      <People people={people} />
      {!readOnly && (
        <div className={classes.iconActions} data-bar>
          {BUTTONS.map(([id, Icon]) => {
            const { title, run } = command(id);
            return (
              <ActionIcon
                key={id}
                title={title}
                variant="subtle"
                color="gray"
                aria-label={title}
                // From the bar they work wherever the cursor is.
                disabled={!has[id]}
                onClick={() => run()}
              >
                <Icon size={18} aria-hidden />
              </ActionIcon>
            );
          })}
        </div>
      )}
      {mayEdit && (
        <ActionIcon
          component="a"
          href={bpmnAddress(definition.key)}
          download
          className={classes.wideOnly ?? ''}
          title={t('bpmn.export')}
          aria-label={t('bpmn.export')}
          variant="subtle"
          color="gray"
        >
          <FileDown size={18} aria-hidden />
        </ActionIcon>
      )}
      <ActionIcon
        component={Link}
        to={`/definitions/${definition.key}/handbook` as '/definitions/$key/handbook'}
        className={classes.wideOnly ?? ''}
        title={t('bar.handbook')}
        aria-label={t('bar.handbook')}
        variant="subtle"
        color="gray"
      >
        <BookOpen size={18} aria-hidden />
      </ActionIcon>
      {mayEdit && (
        <Button
          variant="subtle"
          color="gray"
          aria-label={t('command.rehearse')}
          className={classes.iconOnPhone ?? ''}
          leftSection={<Play size={16} aria-hidden />}
          onClick={() => command('rehearse').run()}
        >
          {t('command.rehearse')}
        </Button>
      )}
      <Button
        component={Link}
        to={`/definitions/${definition.key}/runs` as '/definitions/$key/runs'}
        variant="subtle"
        color="gray"
        className={classes.barLink ?? ''}
        aria-label={t('bar.runs')}
        leftSection={<Workflow size={16} aria-hidden />}
      >
        <span className={classes.wideOnly}>{t('bar.runs')}</span>
      </Button>
      <Button
        component={Link}
        to={`/definitions/${definition.key}/versions` as '/definitions/$key/versions'}
        variant="subtle"
        color="gray"
        className={classes.barLink ?? ''}
        aria-label={t('bar.versions')}
        leftSection={<History size={16} aria-hidden />}
      >
        <span className={classes.wideOnly}>{t('bar.versions')}</span>
      </Button>
      {!definition.board && (
        <Button
          title={mayPublish ? undefined : t('bar.publishRefused')}
          disabled={!mayPublish}
          className={classes.barLink ?? ''}
          aria-label={t('command.publish')}
          leftSection={<Upload size={16} aria-hidden />}
          onClick={() => command('publish').run()}
        >
          <span className={classes.wideOnly}>{t('command.publish')}</span>
        </Button>
      )}
    </TopBarContent>
  );
});
