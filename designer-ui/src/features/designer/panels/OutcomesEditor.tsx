import { useTranslation } from 'react-i18next';
import { OutcomeFields } from '@/features/forms/builder/OutcomeFields';
import { outcomesOf } from '@/lib/process/document';
import { setField } from '@/lib/process/edits';
import type { ProcessNode } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { elementName } from '../texts';

/** The named results of an approval; each is an output of the step. */
export function OutcomesEditor({ node }: { node: ProcessNode }) {
  const { t, i18n } = useTranslation('designer');
  const { run, readOnly, kinds, document } = useDesigner();
  return (
    <section className={classes.block} aria-label={t('outcomes.title')} data-field="config.outcomes">
      <h3 className={classes.blockTitle}>{t('outcomes.title')}</h3>
      <p className={classes.hint}>{t('outcomes.help')}</p>
      <OutcomeFields
        outcomes={outcomesOf(node)}
        readOnly={readOnly}
        // An expression that compares with the name, in quotes, keeps it.
        isRead={(name) => JSON.stringify(document).includes(`\\"${name}\\"`)}
        onChange={(next, merge) =>
          run(
            {
              key: 'history.outcomes',
              values: { name: elementName(t, kinds, i18n.language, document, node.id) },
            },
            (draft) => setField(draft, node.id, 'config.outcomes', next),
            { focus: [node.id], ...(merge ? { merge: `outcomes:${node.id}:${merge}` } : {}) },
          )
        }
      />
    </section>
  );
}
