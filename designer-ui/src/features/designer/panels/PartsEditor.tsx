import { ActionIcon, Button, Select, Tooltip } from '@mantine/core';
import { Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';

interface PartsEditorProps<T extends object> {
  readonly parts: readonly T[];
  readonly choices: readonly string[];
  readonly kindOf: (part: T) => string | undefined;
  readonly fresh: (kind: string) => T;
  readonly fields: (part: T, kind: string | undefined, at: number, change: (part: T) => void) => ReactNode;
  readonly onChange: (parts: T[]) => void;
}

/** A list of events or effects of one node, each with its kind and its fields. */
export function PartsEditor<T extends object>(props: PartsEditorProps<T>) {
  const { parts, choices, kindOf, fresh, fields, onChange } = props;
  const { t } = useTranslation('designer');
  const { readOnly } = useDesigner();
  const replace = (at: number, part: T): void => onChange(parts.map((old, i) => (i === at ? part : old)));
  return (
    <>
      {parts.map((part, at) => {
        const kind = kindOf(part);
        const offered = kind !== undefined && !choices.includes(kind) ? [...choices, kind] : choices;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a part has no name of its own; it is its place.
          <div key={at} className={classes.part} data-part={at}>
            <div className={classes.partHead}>
              <Select
                className={classes.grow}
                aria-label={t('event.kindOfPart', { number: at + 1 })}
                value={kind ?? null}
                data={offered.map((value) => ({
                  value,
                  label: t(`event.${value}` as 'event.timer', { defaultValue: value }),
                }))}
                allowDeselect={false}
                readOnly={readOnly}
                onChange={(value) => value && value !== kind && replace(at, fresh(value))}
              />
              {!readOnly && parts.length > 1 && (
                <Tooltip label={t('event.removePart', { number: at + 1 })}>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={t('event.removePart', { number: at + 1 })}
                    onClick={() => onChange(parts.filter((_, i) => i !== at))}
                  >
                    <Trash2 size={15} aria-hidden />
                  </ActionIcon>
                </Tooltip>
              )}
            </div>
            {fields(part, kind, at, (next) => replace(at, next))}
          </div>
        );
      })}
      {!readOnly && (
        <Button
          size="xs"
          variant="default"
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() => onChange([...parts, fresh(choices[0] as string)])}
        >
          {t('event.addPart')}
        </Button>
      )}
    </>
  );
}
