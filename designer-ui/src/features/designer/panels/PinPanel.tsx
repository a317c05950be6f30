import { Button, Group, Select } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Pin as PinIcon, PinOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { AnswerFields } from '@/features/testing/AnswerFields';
import { samplePin, tooLarge } from '@/features/testing/recorded';
import { formatDateTime } from '@/lib/format';
import { outcomesOf } from '@/lib/process/document';
import { fingerprintOf, isStale, type Pin, pinsOf, setPin } from '@/lib/process/pins';
import type { ProcessNode } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { elementName } from '../texts';

/** The test data of a step: what it brings in rehearsals instead of a robot or a person. */
export function PinPanel({ node }: { node: ProcessNode }) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, readOnly, run, actions } = useDesigner();
  const pin = pinsOf(document)[node.id];
  const set = (next: Pin, merge?: string): void => {
    run(
      { key: 'history.pin', values: { name: elementName(t, kinds, i18n.language, document, node.id) } },
      (draft) => setPin(draft, node.id, next),
      { focus: [node.id], ...(merge ? { merge: `pin:${node.id}:${merge}` } : {}) },
    );
  };
  if (!pin) {
    return (
      <section className={classes.block} aria-label={t('pin.title')}>
        <h3 className={classes.blockTitle}>{t('pin.title')}</h3>
        <p className={classes.hint}>{t('pin.none')}</p>
        {!readOnly && (
          <Button
            size="xs"
            variant="default"
            leftSection={<PinIcon size={14} aria-hidden />}
            onClick={() => actions.togglePin()}
          >
            {t('pin.add')}
          </Button>
        )}
      </section>
    );
  }
  const outcomes =
    node.kind === 'requestInformation' && kinds.outputs(node).includes('refused')
      ? [
          { value: '', label: t('pin.answered') },
          { value: 'refused', label: t('port.refused') },
        ]
      : outcomesOf(node).map(({ name, label }) => ({ value: name, label: label || name }));
  return (
    <section className={classes.block} aria-label={t('pin.title')}>
      <h3 className={classes.blockTitle}>{t('pin.title')}</h3>
      <p className={classes.hint}>{t('pin.help')}</p>
      {pin.run && (
        <p className={classes.hint}>
          {t('pin.recorded', { at: pin.at ? formatDateTime(pin.at) : '' })}{' '}
          <Link className={classes.link} to="/runs/$runId" params={{ runId: pin.run }}>
            {t('pin.openRun')}
          </Link>
        </p>
      )}
      {isStale(node, pin.of) && (
        <div className={classes.fact} role="note">
          {t('sign.pinStale')}
          {!readOnly && (
            <Group mt={6}>
              <Button
                size="compact-xs"
                variant="default"
                onClick={() => set({ ...pin, of: fingerprintOf(node) })}
              >
                {t('pin.fits')}
              </Button>
              <Button
                size="compact-xs"
                variant="default"
                onClick={() => set(samplePin(document, kinds, node.id))}
              >
                {t('pin.renew')}
              </Button>
            </Group>
          )}
        </div>
      )}
      {outcomes.length > 0 && (
        <Select
          label={t('pin.outcome')}
          data={outcomes}
          allowDeselect={false}
          readOnly={readOnly}
          value={pin.outcome ?? ''}
          onChange={(value) => {
            const { outcome: _, ...rest } = pin;
            set({ ...rest, ...(value ? { outcome: value } : {}) });
          }}
        />
      )}
      {pin.error ? (
        <p className={classes.hint}>{t('pin.error', { code: pin.error })}</p>
      ) : (
        <AnswerFields
          document={document}
          kinds={kinds}
          node={node}
          idPrefix={`pin-${node.id}`}
          readOnly={readOnly}
          value={{ result: pin.result ?? {}, variables: pin.variables ?? {} }}
          onChange={({ result, variables }) => {
            const { result: _, variables: _v, run: _r, at: _a, ...rest } = pin;
            const next: Pin = {
              ...rest,
              ...(Object.keys(result).length > 0 ? { result } : {}),
              ...(Object.keys(variables).length > 0 ? { variables } : {}),
              of: fingerprintOf(node),
            };
            if (!tooLarge(next)) set(next, 'data');
          }}
        />
      )}
      {!readOnly && (
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<PinOff size={14} aria-hidden />}
            onClick={() => actions.togglePin()}
          >
            {t('pin.remove')}
          </Button>
        </Group>
      )}
    </section>
  );
}
