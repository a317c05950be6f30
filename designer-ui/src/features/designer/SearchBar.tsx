import { ActionIcon, TextInput, Tooltip } from '@mantine/core';
import { ChevronDown, ChevronUp, Search, X } from 'lucide-react';
import { type KeyboardEvent, useDeferredValue, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { announce } from '@/lib/live';
import classes from './Designer.module.css';
import { type Found, useReport, useSearch } from './useSearch';

interface SearchBarProps {
  readonly found: Found | undefined;
  readonly onFound: (found: Found | undefined) => void;
  readonly onNext: (step: 1 | -1) => void;
  readonly onClose: () => void;
}

/** Search in the drawing: matches keep their colour, the rest is dimmed. */
export function SearchBar({ found, onFound, onNext, onClose }: SearchBarProps) {
  const { t } = useTranslation('designer');
  const [text, setText] = useState('');
  const query = useDeferredValue(text);
  const ids = useSearch(query);
  useReport(ids, query, found, onFound);
  const count = found?.ids.length ?? 0;
  const result = found && t('search.found', { count });
  useEffect(() => {
    if (result) announce(result);
  }, [result]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') onNext(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') onClose();
    else return;
    event.preventDefault();
  };
  return (
    <search className={classes.searchBar}>
      <TextInput
        autoFocus
        className={classes.grow}
        aria-label={t('search.label')}
        placeholder={t('search.placeholder')}
        title={t('search.help')}
        leftSection={<Search size={15} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <span className={classes.searchCount}>
        {found &&
          (found.at >= 0 && count > 0 ? t('search.position', { position: found.at + 1, count }) : result)}
      </span>
      <Tooltip label={t('command.previousMatch')}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('command.previousMatch')}
          disabled={count === 0}
          onClick={() => onNext(-1)}
        >
          <ChevronUp size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t('command.nextMatch')}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('command.nextMatch')}
          disabled={count === 0}
          onClick={() => onNext(1)}
        >
          <ChevronDown size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <ActionIcon variant="subtle" color="gray" aria-label={t('search.close')} onClick={onClose}>
        <X size={16} aria-hidden />
      </ActionIcon>
    </search>
  );
}
