import { Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyDone } from '@/ui';
import type { PartProps } from './parts';
import { type Expected, expectationOf, type Result, type Scenario, scenariosOf } from './scenario';
import { type Session, scenarioOf } from './useRehearsal';

const PARTS = ['end', 'way', 'sent', 'variables'] as const;

/** What was played becomes a scenario of the definition: it is played again before every publication. */
export function SaveScenario({ rehearsal, stage, onClose }: PartProps & { readonly onClose: () => void }) {
  const { t } = useTranslation(['testing', 'common']);
  const session = rehearsal.session as Session;
  const result = rehearsal.result as Result;
  const saved = scenariosOf(stage.document);
  const [name, setName] = useState('');
  const [expected, setExpected] = useState<Expected>({ end: true, way: true, sent: true, variables: false });
  const [frozen, setFrozen] = useState(true);
  const taken = saved.some((scenario) => scenario.name === name.trim());
  const record = session.start.record;
  const save = (): void => {
    const scenario: Scenario = {
      ...scenarioOf(session),
      name: name.trim(),
      // Only what was reached: a step that is drawn later does not stop it.
      hold: session.hold.filter((id) => result.entered.includes(id)),
      expect: expectationOf(stage.document, result, expected),
    };
    if (record && frozen && result.record) scenario.start = { ...scenario.start, record: result.record };
    stage.keep([...saved.filter((other) => other.name !== scenario.name), scenario]);
    notifyDone(t('testing:save.done', { name: scenario.name }));
    onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('testing:save.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) save();
        }}
      >
        <Stack gap="md">
          <TextInput
            data-autofocus
            required
            maxLength={200}
            label={t('testing:save.name')}
            description={taken ? t('testing:save.replaces') : undefined}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Checkbox.Group
            label={t('testing:save.expect')}
            description={t('testing:save.expectHelp')}
            value={PARTS.filter((part) => expected[part])}
            onChange={(parts) =>
              setExpected({
                end: parts.includes('end'),
                way: parts.includes('way'),
                sent: parts.includes('sent'),
                variables: parts.includes('variables'),
              })
            }
          >
            <Stack gap="xs" mt="xs">
              {PARTS.map((part) => (
                <Checkbox key={part} value={part} label={t(`testing:save.${part}`)} />
              ))}
            </Stack>
          </Checkbox.Group>
          {record && (
            <Checkbox
              label={t('testing:save.frozen')}
              description={t('testing:save.frozenHelp')}
              checked={frozen}
              onChange={(event) => setFrozen(event.currentTarget.checked)}
            />
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" disabled={name.trim() === ''}>
              {t('testing:save.act')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
