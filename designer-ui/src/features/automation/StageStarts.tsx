import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Workflow } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { useMay } from '@/features/identity/useSession';
import classes from './Automation.module.css';
import { useBoard } from './context';

/** The processes that somebody has drawn and that begin here: a record that comes to the stage starts them, too. */
export function StageStarts({ stage }: { stage: string }) {
  const { t } = useTranslation('automation');
  const { pipeline } = useBoard();
  const mayOpen = useMay('definitions.view');
  const { data } = useQuery({
    queryKey: ['stage-starts', pipeline.id],
    queryFn: ({ signal }) =>
      api.get<Page<gen.DefinitionStageStart>>(
        `/stage-boards/${encodeURIComponent(pipeline.id)}/starts`,
        undefined,
        signal,
      ),
    staleTime: 30_000,
  });
  const starts = (data?.items ?? []).filter((start) => start.stage === stage);
  if (starts.length === 0) return null;
  const id = `starts-${stage}`;
  return (
    <div className={classes.part} data-list="starts">
      <h3 className={classes.partTitle} id={id}>
        <Workflow size={13} aria-hidden />
        {t('column.startsTitle')}
      </h3>
      <ul className={classes.starts} aria-labelledby={id}>
        {starts.map(({ key, name, conditional }) => (
          <li key={key}>
            {mayOpen ? (
              <Link to="/definitions/$key" params={{ key }}>
                {name}
              </Link>
            ) : (
              name
            )}
            {conditional && <span className={classes.startsWhen}>{t('column.startsWhen')}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
