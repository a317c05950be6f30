import { ActionIcon, Tooltip } from '@mantine/core';
import { SlidersHorizontal } from 'lucide-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { shortcutsOf } from '@/lib/commands';
import { Kbd } from '@/ui';
import { commandsAt, type DesignerCommand, type Place } from './commands';
import classes from './Designer.module.css';

interface BarProps {
  readonly commands: readonly DesignerCommand[];
}

function Buttons({ commands, place }: BarProps & { place: Place }) {
  return commandsAt(commands, place).map((block) => (
    <div key={block[0]?.id} className={classes.barBlock}>
      {block.map((command) => (
        <BarButton key={command.id} command={command} />
      ))}
    </div>
  ));
}

function BarButton({ command }: { command: DesignerCommand }) {
  const { title, icon: Icon, pressed, danger } = command;
  const [shortcut] = shortcutsOf(command);
  if (!Icon) return null;
  return (
    <Tooltip
      label={
        <span className={classes.tip}>
          {title} {shortcut && <Kbd shortcut={shortcut} />}
        </span>
      }
    >
      <ActionIcon
        variant={pressed ? 'light' : 'subtle'}
        color={danger ? 'red' : pressed ? undefined : 'gray'}
        aria-label={title}
        aria-pressed={pressed}
        onClick={() => command.run()}
      >
        <Icon size={17} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

interface Settings {
  /** Whether the settings of the process are open, where there is no room for them beside the drawing. */
  readonly settings: boolean;
  readonly onSettings: () => void;
}

/** Tools of the drawing, made from the commands. */
export const ToolBar = memo(function ToolBar({ commands, settings, onSettings }: BarProps & Settings) {
  const { t } = useTranslation('designer');
  return (
    <div className={classes.toolBar} role="toolbar" aria-label={t('bar.tools')}>
      <Buttons commands={commands} place="tools" />
      <div className={classes.touch}>
        <Buttons commands={commands} place="touch" />
        <ActionIcon
          variant={settings ? 'light' : 'subtle'}
          color={settings ? undefined : 'gray'}
          aria-label={t('process.title')}
          aria-pressed={settings}
          onClick={onSettings}
        >
          <SlidersHorizontal size={17} aria-hidden />
        </ActionIcon>
      </div>
    </div>
  );
});

/** What can be done with several elements at once. */
export function SelectionBar({ commands, count }: BarProps & { count: number }) {
  const { t } = useTranslation('designer');
  return (
    <div className={classes.selectionBar} role="toolbar" aria-label={t('bar.selection')}>
      <span className={classes.barCount}>{t('inspector.several', { count })}</span>
      <Buttons commands={commands} place="several" />
    </div>
  );
}
