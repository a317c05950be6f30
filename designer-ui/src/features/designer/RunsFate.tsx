import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { Later, later } from '@/lib/later';
import { nest } from '@/lib/process/scopes';
import { versionsQuery } from './api';
import classes from './Designer.module.css';
import { useDesigner } from './DesignerContext';
import { VersionRuns } from './VersionRuns';

const MovePlan = later(() => import('@/features/runs').then(({ MovePlan }) => MovePlan));

/** What becomes of running instances: they stay, or go over, with each step that has no counterpart mapped to another. */
export interface Fate {
  readonly move: boolean;
  readonly nodes: Readonly<Record<string, string>>;
}

export const STAY: Fate = { move: false, nodes: {} };

/** Running instances before publishing: how many there are, and what is to become of them. */
export function RunsFate(props: {
  readonly version: number;
  readonly fate: Fate;
  readonly onChange: (fate: Fate) => void;
  readonly flush: () => Promise<number | undefined>;
  /** Without errors: a process with them cannot be compared with anything that runs. */
  readonly sound: boolean;
}) {
  const { version, fate, onChange, flush, sound } = props;
  const { t } = useTranslation('designer');
  const { definitionKey, document } = useDesigner();
  const mayMove = useMay('runs.operate');
  const versions = useQuery(versionsQuery(definitionKey));
  const running = (versions.data?.items ?? []).filter(({ activeRuns }) => activeRuns > 0);
  return (
    <>
      <VersionRuns definitionKey={definitionKey} />
      {running.length > 0 && (
        <>
          <SegmentedControl
            size="sm"
            fullWidth
            className={classes.fate ?? ''}
            aria-label={t('publish.fate')}
            disabled={!mayMove || !sound}
            value={fate.move ? 'move' : 'stay'}
            data={[
              { value: 'stay', label: t('publish.stay') },
              { value: 'move', label: t('publish.move', { version }) },
            ]}
            onChange={(value) => onChange({ ...fate, move: value === 'move' })}
          />
          {!mayMove && <p className={classes.hint}>{t('publish.moveRefused')}</p>}
          {fate.move && sound ? (
            <Later>
              <MovePlan
                definition={definitionKey}
                versions={running.map((entry) => entry.version)}
                next={nest(document)}
                nodes={fate.nodes}
                onChange={(nodes) => onChange({ ...fate, nodes })}
                flush={flush}
              />
            </Later>
          ) : (
            <p className={classes.hint}>{t('publish.stayText')}</p>
          )}
        </>
      )}
    </>
  );
}
