import { Button, Group } from '@mantine/core';
import { hideToast, notifyError, showToast } from './notify';

let made = 0;

/** Shows what was done beside a button that takes it back. */
export function undoToast(message: string, label: string, undo: () => Promise<unknown>): void {
  made += 1;
  const id = `undo-${made}`;
  const act = async () => {
    hideToast(id);
    try {
      await undo();
    } catch (error) {
      notifyError(error);
    }
  };
  showToast({
    id,
    color: 'teal',
    autoClose: 10_000,
    message: (
      <Group justify="space-between" gap="sm" wrap="nowrap">
        <span style={{ overflowWrap: 'anywhere' }}>{message}</span>
        <Button variant="light" size="compact-sm" style={{ flex: 'none' }} onClick={() => void act()}>
          {label}
        </Button>
      </Group>
    ),
  });
}
