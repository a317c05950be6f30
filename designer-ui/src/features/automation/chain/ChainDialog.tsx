import { Anchor, Loader, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import { isStaged, recordPath } from '@/lib/records';
import { ErrorState } from '@/ui';
import { type ChainLink, chainQuery } from './api';
import classes from './Chain.module.css';
import { Picture } from './Picture';

interface ChainDialogProps {
  /** The address of what is explained: an entry of a story, or a run. */
  readonly path: string;
  readonly onClose: () => void;
}

/** Why something happened: what led to it up to the first cause, as a list and as a picture. */
export function ChainDialog({ path, onClose }: ChainDialogProps) {
  const { t } = useTranslation(['automation', 'common']);
  const chain = useQuery(chainQuery(path));
  const say = useSay();
  const links = chain.data?.links ?? [];
  const repeats = links.some((link) => link.repeats);
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t('chain.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      {chain.error && <ErrorState error={chain.error} onRetry={() => chain.refetch()} />}
      {chain.isPending && <Loader size="sm" />}
      {chain.data && (
        <div data-chain>
          {chain.data.cut ? (
            <p className={classes.cut} role="alert">
              <RefreshCw size={14} aria-hidden /> {t('chain.cut', { count: chain.data.budget })}
            </p>
          ) : (
            <p className={classes.hint}>
              {t('chain.used', { count: chain.data.used, budget: chain.data.budget })}
            </p>
          )}
          {repeats && <p className={classes.hint}>{t('chain.repeats')}</p>}
          <div className={classes.sides}>
            <ol className={classes.list} aria-label={t('chain.list')}>
              {links.map((link, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the same rule comes several times, and nothing is moved.
                <li key={at} data-kind={link.kind} data-loop={link.repeats || undefined}>
                  <Way link={link} onFollow={onClose}>
                    {say(link)}
                  </Way>
                  {link.atMs ? (
                    <span className={classes.when}>{formatDateTime(new Date(link.atMs).toISOString())}</span>
                  ) : null}
                </li>
              ))}
            </ol>
            <Picture links={links} say={say} />
          </div>
        </div>
      )}
    </Modal>
  );
}

/** Leads to what a link is about, where there is a page of it; the dialog stays behind, though the page may be of the same kind. */
function Way({ link, onFollow, children }: { link: ChainLink; onFollow: () => void; children: string }) {
  if (link.kind === 'run' && link.id)
    return (
      <Anchor component={Link} to={`/runs/${link.id}`} size="sm" onClick={onFollow}>
        {children}
      </Anchor>
    );
  if (link.kind === 'trigger' && link.key)
    return (
      <Anchor component={Link} to={`/crm/automation/${link.key}`} size="sm" onClick={onFollow}>
        {children}
      </Anchor>
    );
  if (link.kind === 'change' && link.record && isStaged(link.record.type))
    return (
      <Anchor component={Link} to={recordPath(link.record.type, link.record.id)} size="sm" onClick={onFollow}>
        {children}
      </Anchor>
    );
  return children;
}

/** A link of a chain in words. */
function useSay(): (link: ChainLink) => string {
  const { t } = useTranslation('automation');
  return (link) => {
    const name = link.name || link.key || link.id || '';
    const record = link.record?.title || t('chain.record');
    const stage = link.stageName || link.stage || '';
    switch (link.kind) {
      case 'change':
        if (link.id === 'stageEntered') return t('chain.entered', { record, stage });
        if (link.id === 'recordCreated') return t('chain.created', { record });
        return t('chain.changed', { record, fields: (link.fields ?? []).join(', ') });
      case 'trigger':
        return t('chain.trigger', { name: link.name || stage, stage });
      case 'run':
        return link.step ? t('chain.runStep', { name, step: link.step }) : t('chain.run', { name });
      case 'user':
        return link.name || t('chain.somebody');
      case 'task':
      case 'activity':
      case 'document':
        return t(`chain.${link.kind}`, { name: link.name || t('chain.somebody') });
      default:
        return t(`chain.${link.kind}`, { name });
    }
  };
}
