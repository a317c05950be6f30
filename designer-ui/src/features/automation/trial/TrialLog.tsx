import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import { useBoard } from '../context';
import { showValue, WhyNot } from '../WhyNot';
import type { Line, Report } from './api';
import classes from './Trial.module.css';

interface Props {
  readonly report: Report;
  readonly stageName: (id: string | undefined) => string;
}

const TONES: Partial<Record<Line['kind'], string>> = {
  done: 'done',
  failed: 'failed',
  tooLong: 'failed',
  refused: 'failed',
  waits: 'waiting',
  passed: 'passed',
  canceled: 'passed',
};

/** Everything that happened, numbered, with the values that conditions saw. */
export function TrialLog({ report, stageName }: Props) {
  return (
    <ol className={classes.log}>
      {report.log.map((line) => (
        <li key={line.n} data-kind={line.kind} data-tone={TONES[line.kind]}>
          <span className={classes.number}>{line.n}</span>
          <time className={classes.muted} dateTime={line.at}>
            {formatDateTime(line.at)}
          </time>
          <Said line={line} stageName={stageName} />
        </li>
      ))}
    </ol>
  );
}

function Said({ line, stageName }: { line: Line; stageName: Props['stageName'] }) {
  const { t } = useTranslation('trial');
  const { fieldName, say } = useBoard();
  const words = (source: string): string => say(source)?.parts.join(' · ') ?? source;
  const label = (path: string): string => fieldName(path.replace(/^record\./, ''));
  const by = line.by ? ` (${t(`did.${line.by}`)})` : '';
  const name = line.name || line.robot || line.trigger || '';
  return (
    <div className={classes.said}>
      <span>
        {t(`line.${line.kind}`, {
          name,
          stage: stageName(line.stage),
          from: stageName(line.from),
          to: stageName(line.to),
          until: line.until ? formatDateTime(line.until) : '',
          outcome: line.outcome ?? '',
        })}
        {(line.kind === 'moved' || line.kind === 'changed') && by}
        {line.kind === 'reacted' && `: ${t(`reacted.${line.because as 'moved'}`)}`}
        {(line.kind === 'passed' || line.kind === 'canceled' || line.kind === 'waits') &&
          line.because &&
          `: ${t(`because.${line.because as 'left'}`)}`}
        {line.kind === 'condition' && line.asked && `: ${t(line.asked.result ? 'true' : 'false')}`}
        {line.reason && `: ${line.reason}`}
      </span>
      {line.changes &&
        Object.entries(line.changes).map(([key, change]) => (
          <span key={key} className={classes.muted}>
            {fieldName(key)}: {showValue(change.before) || '–'} → {showValue(change.after) || '–'}
          </span>
        ))}
      {line.fields?.length ? (
        <span className={classes.muted}>{line.fields.map(label).join(', ')}</span>
      ) : null}
      {line.why ? (
        <WhyNot why={line.why} label={label} say={words} />
      ) : (
        line.asked && (
          <span className={classes.muted}>
            {words(line.asked.expression)}
            {line.values?.map((value) => ` · ${label(value.name)}: ${value.value || '–'}`)}
          </span>
        )
      )}
    </div>
  );
}
