import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { shortcutsOf, useRegisteredCommands } from '@/lib/commands';
import { Kbd } from '@/ui';
import classes from './CommandPalette.module.css';
import { closeShortcutSheet, usePaletteState } from './state';

/** All shortcuts that work on the current page, made from the registered commands. */
export function ShortcutSheet() {
  const { t } = useTranslation();
  const { sheet } = usePaletteState();
  const commands = useRegisteredCommands();
  const groups = new Map<string, Map<string, string[]>>();
  for (const command of commands) {
    if (shortcutsOf(command).length === 0) continue;
    const group = groups.get(command.section) ?? new Map<string, string[]>();
    // Commands of one name are one line, such as a move by each of the arrow keys.
    const keys = group.get(command.title) ?? [];
    group.set(command.title, [...keys, ...shortcutsOf(command).filter((key) => !keys.includes(key))]);
    groups.set(command.section, group);
  }
  return (
    <Modal
      opened={sheet}
      onClose={closeShortcutSheet}
      closeOnClickOutside
      title={t('palette.shortcuts')}
      size={760}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <div style={{ columns: '2 300px', columnGap: 32 }}>
        {[...groups].map(([section, entries]) => (
          <section key={section} className={classes.group}>
            <h3 className={classes.groupTitle}>{section}</h3>
            {[...entries].map(([title, shortcuts]) => (
              <div key={title} className={classes.row}>
                <span>{title}</span>
                <span>
                  {shortcuts.map((shortcut) => (
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
