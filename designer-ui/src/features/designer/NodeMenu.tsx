import { Menu } from '@mantine/core';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import { shortcutsOf } from '@/lib/commands';
import { indexOf } from '@/lib/process/document';
import { COLOURS, type Colour, colourOf } from '@/lib/process/notes';
import type { Point, ProcessDocument } from '@/lib/process/types';
import { Kbd } from '@/ui';
import { ColourChoice } from './ColourChoice';
import { commandsAt, type DesignerCommand, type Place } from './commands';
import { useDesigner } from './DesignerContext';
import { paint } from './paint';

export interface MenuTarget {
  readonly x: number;
  readonly y: number;
  readonly at: Point;
  readonly id?: string;
}

interface NodeMenuProps {
  readonly target: MenuTarget;
  readonly commands: readonly DesignerCommand[];
  readonly onClose: () => void;
}

function placeOf(document: ProcessDocument, id: string | undefined, several: boolean): Place {
  if (id === undefined) return 'empty';
  if (several) return 'several';
  const { nodes, flows } = indexOf(document);
  if (nodes.has(id)) return 'step';
  if (flows.has(id)) return 'connection';
  return document.notes?.some((note) => note.id === id) ? 'note' : 'group';
}

/** Context menu of canvas and outline: the same commands as the keys, which it shows. */
export function NodeMenu({ target, commands, onClose }: NodeMenuProps) {
  const { t } = useTranslation('designer');
  const designer = useDesigner();
  const { document, selection, readOnly, pick } = designer;
  const place = placeOf(document, target.id, selection.size > 1);
  const blocks = commandsAt(commands, place);
  const act = (command: DesignerCommand): void => {
    // On the empty canvas a step goes where the menu was opened.
    if (place === 'empty' && command.id === 'designer.add')
      pick({ anchor: { x: target.x, y: target.y }, at: target.at });
    // The drawing has the focus again first; commands that move it then win.
    else setTimeout(() => command.run());
  };
  const coloured = !readOnly && target.id !== undefined && place !== 'connection';
  return (
    <Menu
      opened
      onClose={onClose}
      position="bottom-start"
      withinPortal
      withInitialFocusPlaceholder={false}
      offset={0}
      width={260}
      shadow="var(--fx-shadow-popover)"
    >
      <Menu.Target>
        <button
          type="button"
          tabIndex={-1}
          aria-label={t('inspector.title')}
          style={{
            position: 'fixed',
            left: target.x,
            top: target.y,
            width: 1,
            height: 1,
            padding: 0,
            border: 0,
          }}
        />
      </Menu.Target>
      <Menu.Dropdown>
        {blocks.map((block, at) => (
          <Fragment key={block[0]?.id}>
            {at > 0 && <Menu.Divider />}
            {block.map((command) => {
              const { icon: Icon } = command;
              const [shortcut] = shortcutsOf(command);
              return (
                <Menu.Item
                  key={command.id}
                  {...(command.danger ? { style: { color: 'var(--fx-status-failed)' } } : {})}
                  leftSection={Icon && <Icon size={15} aria-hidden />}
                  rightSection={shortcut && <Kbd shortcut={shortcut} />}
                  onClick={() => act(command)}
                >
                  {command.title}
                </Menu.Item>
              );
            })}
          </Fragment>
        ))}
        {coloured && (
          <>
            <Menu.Divider />
            <Menu.Label>{t('colour.title')}</Menu.Label>
            <ColourChoice
              inMenu
              value={commonColour(document, selection)}
              onChange={(colour) => {
                paint(designer, selection, colour);
                onClose();
              }}
            />
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function commonColour(document: ProcessDocument, ids: ReadonlySet<string>): Colour | undefined {
  const used = new Set([...ids].map((id) => colourOf(document, id)));
  return COLOURS.find((colour) => used.size === 1 && used.has(colour));
}
