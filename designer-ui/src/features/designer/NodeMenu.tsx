import { Menu } from '@mantine/core';
import { Ban, Copy, Plus, Replace, Spline, TextCursorInput, Trash2, WandSparkles } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { PickRequest } from '@/canvas';
import type { Point } from '@/lib/process/types';
import { Kbd } from '@/ui';
import { useDesigner } from './DesignerContext';
import type { EditorActions } from './useEditorCommands';

export interface MenuTarget {
  readonly x: number;
  readonly y: number;
  readonly at: Point;
  readonly id?: string;
}

interface NodeMenuProps {
  readonly target: MenuTarget;
  readonly readOnly: boolean;
  readonly actions: EditorActions;
  readonly onPick: (request: PickRequest) => void;
  readonly onClose: () => void;
}

/** Context menu of the canvas: the same commands as the keys, which it shows. */
export function NodeMenu({ target, readOnly, actions, onPick, onClose }: NodeMenuProps) {
  const { t } = useTranslation('designer');
  const { document } = useDesigner();
  const isNode = target.id !== undefined && document.nodes.some((node) => node.id === target.id);
  const addHere = (): void => onPick({ anchor: { x: target.x, y: target.y }, at: target.at });
  return (
    <Menu
      opened
      onClose={onClose}
      position="bottom-start"
      withinPortal
      offset={0}
      width={240}
      shadow="var(--fx-shadow-popover)"
    >
      <Menu.Target>
        <span style={{ position: 'fixed', left: target.x, top: target.y, width: 1, height: 1 }} />
      </Menu.Target>
      <Menu.Dropdown>
        {!readOnly && target.id === undefined && (
          <>
            <Menu.Item leftSection={<Plus size={15} aria-hidden />} onClick={addHere}>
              {t('command.addHere')}
            </Menu.Item>
            <Menu.Item leftSection={<WandSparkles size={15} aria-hidden />} onClick={actions.tidy}>
              {t('command.tidy')}
            </Menu.Item>
          </>
        )}
        {!readOnly && target.id !== undefined && (
          <>
            <Menu.Item
              leftSection={<Plus size={15} aria-hidden />}
              rightSection={<Kbd shortcut="n" />}
              onClick={actions.addStep}
            >
              {t('command.add')}
            </Menu.Item>
            {isNode && (
              <>
                <Menu.Item
                  leftSection={<Spline size={15} aria-hidden />}
                  rightSection={<Kbd shortcut="c" />}
                  onClick={actions.startConnecting}
                >
                  {t('command.connect')}
                </Menu.Item>
                <Menu.Item
                  leftSection={<TextCursorInput size={15} aria-hidden />}
                  rightSection={<Kbd shortcut="f2" />}
                  onClick={() => setTimeout(actions.rename)}
                >
                  {t('command.rename')}
                </Menu.Item>
                <Menu.Item
                  leftSection={<Replace size={15} aria-hidden />}
                  rightSection={<Kbd shortcut="r" />}
                  onClick={actions.replaceKind}
                >
                  {t('command.replace')}
                </Menu.Item>
                <Menu.Item
                  leftSection={<Copy size={15} aria-hidden />}
                  rightSection={<Kbd shortcut="mod+d" />}
                  onClick={actions.duplicate}
                >
                  {t('command.duplicate')}
                </Menu.Item>
                <Menu.Item
                  leftSection={<Ban size={15} aria-hidden />}
                  rightSection={<Kbd shortcut="d" />}
                  onClick={actions.toggleDisabled}
                >
                  {t('command.disable')}
                </Menu.Item>
              </>
            )}
            <Menu.Divider />
            <Menu.Item
              color="red"
              leftSection={<Trash2 size={15} aria-hidden />}
              rightSection={<Kbd shortcut="delete" />}
              onClick={() => actions.remove(true)}
            >
              {t('command.delete')}
            </Menu.Item>
          </>
        )}
        {target.id === undefined && (
          <Menu.Item onClick={() => actions.zoom('all')} rightSection={<Kbd shortcut="1" />}>
            {t('command.zoomAll')}
          </Menu.Item>
        )}
        {readOnly && target.id !== undefined && (
          <Menu.Item onClick={() => actions.zoom('selection')}>{t('command.zoomSelection')}</Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
