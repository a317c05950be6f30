import { CircleCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { elementName, fieldName } from '../texts';
import { FindingText, FixButton, WayButtons } from './ElementFindings';

/** All findings; a click goes to the element, F8 goes through them. */
export function ProblemsPanel() {
  const { t, i18n } = useTranslation('designer');
  const { findings, kinds, document, showFinding } = useDesigner();
  if (findings.length === 0) {
    return (
      <p className={classes.noProblems}>
        <CircleCheck size={16} aria-hidden /> {t('problems.none')}
      </p>
    );
  }
  return (
    <ul className={classes.problems}>
      {findings.map((finding, i) => {
        const id = finding.node ?? finding.flow;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: findings have no identity; the list is replaced as a whole.
          <li key={i} className={classes.problem} data-severity={finding.severity}>
            <button type="button" className={classes.problemButton} onClick={() => showFinding(finding)}>
              <FindingText finding={finding} />
              {id !== undefined && (
                <span className={classes.problemPlace}>
                  {[
                    elementName(t, kinds, i18n.language, document, id),
                    // An empty field is named by the sentence itself.
                    finding.values?.field ? undefined : fieldName(kinds, document, finding),
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
              )}
            </button>
            <WayButtons finding={finding} />
            <FixButton finding={finding} />
          </li>
        );
      })}
    </ul>
  );
}
