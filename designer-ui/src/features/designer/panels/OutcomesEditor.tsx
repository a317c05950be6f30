import { ActionIcon, Button, Select, TextInput, Tooltip } from '@mantine/core';
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { outcomesOf } from '@/lib/process/document';
import { setField } from '@/lib/process/edits';
import type { Outcome, ProcessNode } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { fold } from '../fold';
import { elementName } from '../texts';

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

/** The named results of an approval; each is an output of the step. */
export function OutcomesEditor({ node }: { node: ProcessNode }) {
  const { t, i18n } = useTranslation('designer');
  const { run, readOnly, kinds, document } = useDesigner();
  const outcomes = outcomesOf(node);
  const set = (next: Outcome[], merge?: string): void => {
    run(
      { key: 'history.outcomes', values: { name: elementName(t, kinds, i18n.language, document, node.id) } },
      (draft) => setField(draft, node.id, 'config.outcomes', next),
      { focus: [node.id], ...(merge ? { merge: `outcomes:${node.id}:${merge}` } : {}) },
    );
  };
  /** The name follows the words while it was made from them; one that was chosen, by the API for example, stays. */
  const rename = (at: number, label: string): void => {
    const outcome = outcomes[at] as Outcome;
    const others = outcomes.filter((_, i) => i !== at);
    // An expression that compares with the name, in quotes, keeps it.
    const read = JSON.stringify(document).includes(`\\"${outcome.name}\\"`);
    const follows = !read && outcome.name === outcomeName(outcome.label ?? '', others, at);
    change(at, { label, ...(follows ? { name: outcomeName(label, others, at) } : {}) });
  };
  const change = (at: number, fields: Partial<Outcome>): void => {
    set(
      outcomes.map((outcome, i) => (i === at ? { ...outcome, ...fields } : outcome)),
      `${at}`,
    );
  };
  const swap = (a: number, b: number): void => {
    const next = [...outcomes];
    [next[a], next[b]] = [next[b] as Outcome, next[a] as Outcome];
    set(next);
  };
  return (
    <section className={classes.block} aria-label={t('outcomes.title')} data-field="config.outcomes">
      <h3 className={classes.blockTitle}>{t('outcomes.title')}</h3>
      <p className={classes.hint}>{t('outcomes.help')}</p>
      {outcomes.map((outcome, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name is what is being typed; a row is its place.
        <div key={i} className={classes.outcomeRow}>
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
            <div className={classes.iconActions}>
              <Tooltip label={t('outcomes.up')}>
                <ActionIcon
                  variant="subtle"
                  color="gray"
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
                  onClick={() => set(outcomes.filter((_, at) => at !== i))}
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
          onClick={() => set([...outcomes, { name: outcomeName('', outcomes, outcomes.length), label: '' }])}
        >
          {t('outcomes.add')}
        </Button>
      )}
    </section>
  );
}
