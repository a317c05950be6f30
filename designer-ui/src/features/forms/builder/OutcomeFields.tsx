import { ActionIcon, Button, Select, TextInput, Tooltip } from '@mantine/core';
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { fold } from '@/lib/fold';
import type { Outcome } from '@/lib/process/types';
import { useFocusAfter } from '@/lib/useFocusAfter';
import classes from './OutcomeFields.module.css';

/** A name that ports, expressions and the API can carry, made from what the author typed. */
export function outcomeName(label: string, others: readonly Outcome[], at: number): string {
  const [first = '', ...rest] = fold(label)
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  const words = first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  // Words of other alphabets leave nothing that a port could be called.
  const base = /^[a-z]/.test(words) ? words : `outcome${at + 1}`;
  const taken = new Set(others.map(({ name }) => name));
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}${n}`;
    if (!taken.has(name)) return name;
  }
}

export interface OutcomeFieldsProps {
  readonly outcomes: readonly Outcome[];
  readonly readOnly: boolean;
  /** Whether something compares with the name of an outcome, which then stays. */
  readonly isRead: (name: string) => boolean;
  /** `merge`: edits with the same one are a burst. */
  readonly onChange: (next: Outcome[], merge?: string) => void;
}

/** The named results of an approval: words, meaning, order. */
export function OutcomeFields({ outcomes, readOnly, isRead, onChange: set }: OutcomeFieldsProps) {
  const { t } = useTranslation('designer');
  /** The name follows the words while it was made from them; one that was chosen, by the API for example, stays. */
  const rename = (at: number, label: string): void => {
    const outcome = outcomes[at] as Outcome;
    const others = outcomes.filter((_, i) => i !== at);
    // An expression that compares with the name, in quotes, keeps it.
    const read = isRead(outcome.name);
    const follows = !read && outcome.name === outcomeName(outcome.label ?? '', others, at);
    change(at, { label, ...(follows ? { name: outcomeName(label, others, at) } : {}) });
  };
  const change = (at: number, fields: Partial<Outcome>): void => {
    set(
      outcomes.map((outcome, i) => (i === at ? { ...outcome, ...fields } : outcome)),
      `${at}`,
    );
  };
  const { list, goTo } = useFocusAfter<HTMLDivElement>();
  /** The focus goes with what is moved, on a button that can still be pressed. */
  const swap = (a: number, b: number): void => {
    const next = [...outcomes];
    [next[a], next[b]] = [next[b] as Outcome, next[a] as Outcome];
    const way = b === 0 ? 'down' : b === outcomes.length - 1 ? 'up' : b < a ? 'up' : 'down';
    goTo(`[data-row="${b}"] [data-way="${way}"]`);
    set(next);
  };
  return (
    <div ref={list} className={classes.list}>
      {outcomes.map((outcome, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name is what is being typed; a row is its place.
        <div key={i} data-row={i} className={classes.row}>
          <TextInput
            aria-label={t('outcomes.name', { number: i + 1 })}
            value={outcome.label ?? outcome.name}
            maxLength={100}
            readOnly={readOnly}
            onChange={(event) => rename(i, event.currentTarget.value)}
          />
          <Select
            aria-label={t('outcomes.meaning', { name: outcome.label ?? outcome.name })}
            value={outcome.positive ? 'positive' : 'negative'}
            data={[
              { value: 'positive', label: t('outcomes.positive') },
              { value: 'negative', label: t('outcomes.negative') },
            ]}
            allowDeselect={false}
            readOnly={readOnly}
            onChange={(value) => change(i, { positive: value === 'positive' ? true : undefined })}
          />
          {!readOnly && (
            <div className={classes.actions}>
              <Tooltip label={t('outcomes.up')}>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  data-way="up"
                  aria-label={t('outcomes.up')}
                  disabled={i === 0}
                  onClick={() => swap(i, i - 1)}
                >
                  <ArrowUp size={15} aria-hidden />
                </ActionIcon>
              </Tooltip>
              <Tooltip label={t('outcomes.down')}>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  data-way="down"
                  aria-label={t('outcomes.down')}
                  disabled={i === outcomes.length - 1}
                  onClick={() => swap(i, i + 1)}
                >
                  <ArrowDown size={15} aria-hidden />
                </ActionIcon>
              </Tooltip>
              <Tooltip label={t('outcomes.remove')}>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('outcomes.remove')}
                  onClick={() => {
                    goTo(outcomes.length > 1 ? `[data-row="${Math.max(0, i - 1)}"] input` : '[data-add]');
                    set(outcomes.filter((_, at) => at !== i));
                  }}
                >
                  <Trash2 size={15} aria-hidden />
                </ActionIcon>
              </Tooltip>
            </div>
          )}
        </div>
      ))}
      {!readOnly && (
        <Button
          size="xs"
          variant="default"
          leftSection={<Plus size={14} aria-hidden />}
          data-add
          onClick={() => {
            goTo(`[data-row="${outcomes.length}"] input`);
            set([...outcomes, { name: outcomeName('', outcomes, outcomes.length), label: '' }]);
          }}
        >
          {t('outcomes.add')}
        </Button>
      )}
    </div>
  );
}
