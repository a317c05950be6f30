import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SchemaForm } from '@/features/forms';
import { changedOf, variablesSchema } from '@/features/runs/repair/variables';
import type { ProcessDocument } from '@/lib/process/types';
import type { PartProps } from './parts';
import classes from './Testing.module.css';

const NO_VARIABLES = { variables: [] } as unknown as ProcessDocument;

/** Other values for the variables or the record, as a step of its own: what if it were more? */
export function SetValues({ rehearsal, stage, of }: PartProps & { readonly of: 'set' | 'record' }) {
  const { t } = useTranslation(['testing', 'common']);
  const { type: _, id: _id, ...record } = rehearsal.result?.record ?? {};
  const now = of === 'set' ? (rehearsal.result?.variables ?? {}) : record;
  const process = of === 'set' ? stage.document : NO_VARIABLES;
  const [open, setOpen] = useState(false);
  const [values, setValues] = useState(now);
  const schema = variablesSchema(process, now);
  const over = ['completed', 'canceled', 'failed'].includes(rehearsal.result?.end ?? '');
  if (over) return null;
  if (!open) {
    return (
      <div className={classes.row}>
        <Button
          variant="default"
          size="compact-sm"
          onClick={() => {
            setValues(now);
            setOpen(true);
          }}
        >
          {t(of === 'set' ? 'testing:data.set' : 'testing:data.setRecord')}
        </Button>
      </div>
    );
  }
  const changed = changedOf(now, values);
  return (
    <form
      className={classes.card}
      onSubmit={(event) => {
        event.preventDefault();
        setOpen(false);
        rehearsal.act({ [of]: changed });
      }}
    >
      <SchemaForm schema={schema} value={values} idPrefix={`rehearsal/${of}`} onChange={setValues} />
      <div className={classes.row}>
        <Button
          type="submit"
          size="compact-md"
          disabled={rehearsal.busy || Object.keys(changed).length === 0}
        >
          {t('testing:data.setAct')}
        </Button>
        <Button variant="subtle" color="gray" size="compact-md" onClick={() => setOpen(false)}>
          {t('common:action.cancel')}
        </Button>
      </div>
    </form>
  );
}
