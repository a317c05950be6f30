import { useTranslation } from 'react-i18next';
import type { FormField } from '@/api/queries/tasks';
import { FormFields } from '@/features/forms/builder/FormFields';
import { setField } from '@/lib/process/edits';
import type { ProcessNode } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { elementName, findingText } from '../texts';

/** The form of a task, or what a request for information asks. */
export function FormBuilder({ node }: { node: ProcessNode }) {
  const { t, i18n } = useTranslation('designer');
  const { run, readOnly, kinds, document, findings } = useDesigner();
  const fields = Array.isArray(node.config?.form) ? (node.config.form as FormField[]) : [];
  const problems = (at: number, part = ''): string | undefined =>
    findings
      .filter(({ node: id, field }) => {
        const place = `config.form.${at}${part && '.'}${part}`;
        return id === node.id && (field === place || field?.startsWith(`${place}.`));
      })
      .map((finding) => findingText(t, finding))
      .join(' ') || undefined;
  return (
    <section className={classes.block} aria-label={t('form.title')} data-field="config.form">
      <h3 className={classes.blockTitle}>{t('form.title')}</h3>
      <p className={classes.hint}>
        {t(node.kind === 'requestInformation' ? 'form.helpVariables' : 'form.help')}
      </p>
      <FormFields
        {...{ fields, readOnly, problems }}
        into={node.kind === 'userTask'}
        onChange={(next, merge) =>
          run(
            {
              key: 'history.form',
              values: { name: elementName(t, kinds, i18n.language, document, node.id) },
            },
            (draft) => setField(draft, node.id, 'config.form', next.length > 0 ? next : undefined),
            { focus: [node.id], ...(merge ? { merge: `form:${node.id}:${merge}` } : {}) },
          )
        }
      />
    </section>
  );
}
