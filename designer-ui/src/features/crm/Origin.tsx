import { Anchor, Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isStaged, recordPath } from '@/lib/records';
import { errorText, RelativeTime } from '@/ui';
import classes from './Deal.module.css';
import { timelineQuery } from './queries';
import type { TimelineEntry } from './types';
import { useEntryText } from './useEntryText';

const word = (value: unknown) => (typeof value === 'string' ? value : '');

/** The way to the record that another one came from or became, and what happened there. */
export function Origin({ entry }: { entry: TimelineEntry }) {
  const { t } = useTranslation('crm');
  const [open, setOpen] = useState(false);
  const data = entry.data ?? {};
  const type = word(data.type);
  const id = word(data.id);
  if (entry.kind !== 'linked' || id === '' || !isStaged(type)) return null;
  return (
    <>
      <div className={classes.when}>
        <Anchor component={Link} to={recordPath(type, id)} size="sm">
          {t('story.openRecord')}
        </Anchor>
        {data.way === 'from' && (
          <>
            {' · '}
            <Button
              variant="transparent"
              size="compact-xs"
              p={0}
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            >
              {t(open ? 'story.hideBefore' : 'story.showBefore')}
            </Button>
          </>
        )}
      </div>
      {open && <Before type={type} id={id} />}
    </>
  );
}

function Before({ type, id }: { type: string; id: string }) {
  const { t } = useTranslation(['crm', 'common']);
  const story = useInfiniteQuery(timelineQuery(type, id));
  const textOf = useEntryText();
  if (story.error) return <p role="alert">{errorText(story.error).title}</p>;
  return (
    <ol className={classes.before}>
      {story.data?.pages
        .flatMap((page) => page.items)
        .map((entry) => (
          <li key={entry.id}>
            {textOf(entry)}
            {entry.text && entry.kind !== 'mail' && <span className={classes.beforeSaid}> {entry.text}</span>}
            <div className={classes.when}>
              {entry.actorName ?? (entry.run ? t('story.process') : t('story.system'))} ·{' '}
              <RelativeTime at={entry.at} />
            </div>
          </li>
        ))}
      {story.hasNextPage && (
        <Button
          variant="subtle"
          size="compact-sm"
          loading={story.isFetchingNextPage}
          onClick={() => story.fetchNextPage()}
        >
          {t('common:action.loadMore')}
        </Button>
      )}
    </ol>
  );
}
