import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

export type ConfirmDialogProps = {
  opened: boolean;
  onClose: () => void;
  title: string;
  text?: ReactNode;
  /** A verb that says what will happen, not "OK". */
  confirmLabel: string;
  /** What the other way is called; "Cancel" when it says nothing more. */
  cancelLabel?: string;
  danger?: boolean;
  /** Label of a text that must be given, for acts that the audit keeps. */
  reasonLabel?: string;
  busy?: boolean;
  onConfirm: (reason: string) => void;
};

/** The modal behind ConfirmDialog. */
export function ConfirmModal(props: ConfirmDialogProps) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const blocked = props.reasonLabel !== undefined && reason.trim() === '';
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={props.title}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <Stack gap="md">
        {props.text && <Text size="md">{props.text}</Text>}
        {props.reasonLabel && (
          <Textarea
            label={props.reasonLabel}
            required
            autosize
            minRows={2}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={props.onClose}>
            {props.cancelLabel ?? t('action.cancel')}
          </Button>
          <Button
            color={props.danger ? 'red' : undefined}
            loading={props.busy}
            disabled={blocked}
            onClick={() => props.onConfirm(reason.trim())}
          >
            {props.confirmLabel}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
