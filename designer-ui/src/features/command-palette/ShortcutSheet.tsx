import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type Command, shortcutsOf, useRegisteredCommands } from '@/lib/commands';
import { Kbd } from '@/ui';
import classes from './CommandPalette.module.css';
import { closeShortcutSheet, usePaletteState } from './state';

/** All shortcuts that work on the current page, made from the registered commands. */
export function ShortcutSheet() {
  const { t } = useTranslation();
  const { sheet } = usePaletteState();
  const commands = useRegisteredCommands();
  const groups = new Map<string, Command[]>();
  for (const command of commands) {
    if (shortcutsOf(command).length === 0) continue;
    const group = groups.get(command.section) ?? [];
    if (!group.some((other) => other.id === command.id)) group.push(command);
    groups.set(command.section, group);
  }
  return (
    <Modal
      opened={sheet}
      onClose={closeShortcutSheet}
      title={t('palette.shortcuts')}
      size={760}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <div style={{ columns: '2 300px', columnGap: 32 }}>
        {[...groups].map(([section, entries]) => (
          <section key={section} className={classes.group}>
            <h3 className={classes.groupTitle}>{section}</h3>
            {entries.map((command) => (
              <div key={command.id} className={classes.row}>
                <span>{command.title}</span>
                <span>
                  {shortcutsOf(command).map((shortcut) => (
                    <Kbd key={shortcut} shortcut={shortcut} />
                  ))}
                </span>
              </div>
            ))}
          </section>
        ))}
      </div>
    </Modal>
  );
}
