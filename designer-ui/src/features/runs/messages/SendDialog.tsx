import { Button, Group, Modal, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyDone, notifyError } from '@/ui';
import { type NewMessage, sendMessage } from './api';

const HOUR = 3600;
const times = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR } as const;
type Time = keyof typeof times;
const names = ['hour', 'day', 'week', 'month'] as const satisfies readonly Time[];

/** An object, or undefined where the text is none; nothing at all is an empty one. */
export function contentOf(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Sends a message by hand, as a system outside would. */
export function SendDialog({ initial, onClose }: { initial: NewMessage; onClose: () => void }) {
  const { t } = useTranslation(['room', 'common']);
  const client = useQueryClient();
  const [name, setName] = useState(initial.name);
  const [key, setKey] = useState(initial.key ?? '');
  const [text, setText] = useState(initial.body ? JSON.stringify(initial.body, null, 2) : '');
  const [time, setTime] = useState<Time>('hour');
  const body = contentOf(text);
  const send = useMutation({
    mutationFn: () => sendMessage({ name: name.trim(), key, body, ttl: times[time] }),
    onSuccess: ({ runs }) => {
      client.invalidateQueries({ queryKey: ['messages'] });
      notifyDone(runs.length > 0 ? t('messages.taken', { count: runs.length }) : t('messages.kept'));
      onClose();
    },
    onError: notifyError,
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('messages.send')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form
        noValidate
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          if (name.trim() !== '' && body) send.mutate();
        }}
      >
        <Stack gap="md">
          <TextInput
            data-autofocus
            required
            label={t('messages.name')}
            description={t('messages.nameHelp')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label={t('messages.key')}
            description={t('messages.keyHelp')}
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
          <Textarea
            label={t('messages.content')}
            description={t('messages.contentHelp')}
            autosize
            minRows={3}
            maxRows={12}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--fx-font-mono)', fontSize: 12 } }}
            value={text}
            error={body ? undefined : t('messages.notJson')}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <NativeSelect
            label={t('messages.keep')}
            data={names.map((one) => ({ value: one, label: t(`messages.time.${one}`) }))}
            value={time}
            onChange={(event) => setTime(names.find((one) => one === event.currentTarget.value) ?? 'hour')}
          />
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={send.isPending} disabled={name.trim() === '' || !body}>
              {t('messages.sendNow')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
