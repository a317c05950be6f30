import { Button } from '@mantine/core';
import { CircleAlert, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { counterexampleOf, type Finding, isWritten, wayOf } from '@/lib/process/validate';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { findingHelp, findingText } from '../texts';

/** Said at the field itself: that it is empty, or how its expression is wrong. */
const atField = (finding: Finding): boolean =>
  (finding.code === 'config_required' && finding.field !== undefined) ||
  (isWritten(finding) && /^(config\.|when$)/.test(finding.field ?? ''));

/** What is wrong with one element, with its quick fixes; what its fields say themselves is not said twice. */
export function ElementFindings({ id }: { id: string }) {
  const { findings } = useDesigner();
  const mine = findings.filter((finding) => (finding.node ?? finding.flow) === id && !atField(finding));
  if (mine.length === 0) return null;
  return (
    <ul className={classes.notices}>
      {mine.map((finding) => (
        <li
          key={`${finding.code} ${finding.field ?? ''} ${JSON.stringify(finding.values ?? {})}`}
          className={classes.notice}
          data-severity={finding.severity}
        >
          <FindingText finding={finding} />
          <WayButtons finding={finding} />
          <FixButton finding={finding} />
        </li>
      ))}
    </ul>
  );
}

export function FindingText({ finding }: { finding: Finding }) {
  const { t } = useTranslation('designer');
  const Icon = finding.severity === 'error' ? CircleAlert : TriangleAlert;
  const help = findingHelp(t, finding);
  return (
    <>
      <Icon size={16} aria-label={t(`severity.${finding.severity}`)} className={classes.noticeIcon} />
      <span className={classes.noticeText}>
        {findingText(t, finding)}
        {help && <span className={classes.noticeHelp}>{help}</span>}
      </span>
    </>
  );
}

/** How a run comes to a flow fault: as its connections, and played. */
export function WayButtons({ finding }: { finding: Finding }) {
  const { t } = useTranslation('designer');
  const { document, readOnly, showWay, playFault } = useDesigner();
  return (
    <>
      {wayOf(document, finding).length > 0 && (
        <Button size="compact-xs" variant="default" className={classes.fix} onClick={() => showWay(finding)}>
          {t('problems.show')}
        </Button>
      )}
      {!readOnly && counterexampleOf(finding) && (
        <Button
          size="compact-xs"
          variant="default"
          className={classes.fix}
          onClick={() => playFault(finding)}
        >
          {t('problems.play')}
        </Button>
      )}
    </>
  );
}

export function FixButton({ finding }: { finding: Finding }) {
  const { t } = useTranslation('designer');
  const { run, kinds, readOnly } = useDesigner();
  const fix = finding.fix;
  if (!fix || readOnly) return null;
  const title = t(`fix.${fix.key}`);
  return (
    <Button
      size="compact-xs"
      variant="default"
      className={classes.fix}
      onClick={() =>
        run({ key: 'history.fix', values: { fix: title } }, (draft) => fix.apply(draft, kinds), {
          focus: [finding.node ?? finding.flow ?? ''].filter(Boolean),
        })
      }
    >
      {title}
    </Button>
  );
}
