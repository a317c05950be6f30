import { Combobox, Textarea, useCombobox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { directoryQuery } from '@/api/queries/directory';
import { namedAt } from './mentions';

type Props = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  onSend: () => void;
  minRows?: number;
};

const shownMost = 6;

/** A text in which "@" offers colleagues. Enter chooses one while the list is open; Ctrl+Enter sends. */
export function MentionInput({ label, value, onChange, onSend, minRows = 1 }: Props) {
  const { data: directory } = useQuery(directoryQuery);
  const input = useRef<HTMLTextAreaElement>(null);
  const [cursor, setCursor] = useState(0);
  const combobox = useCombobox();
  const named = namedAt(value, cursor);
  const typed = named?.typed.toLowerCase() ?? '';
  const offered = named
    ? (directory?.users ?? [])
        .filter(
          ({ active, name }) => active && name.toLowerCase().includes(typed) && name.toLowerCase() !== typed,
        )
        .slice(0, shownMost)
    : [];
  const follow = (element: HTMLTextAreaElement) => {
    setCursor(element.selectionStart);
    if (namedAt(element.value, element.selectionStart)) {
      combobox.openDropdown();
      combobox.updateSelectedOptionIndex();
    } else combobox.closeDropdown();
  };
  const choose = (name: string) => {
    if (!named) return;
    const next = `${value.slice(0, named.from)}@${name} ${value.slice(cursor)}`;
    onChange(next);
    combobox.closeDropdown();
    const at = named.from + name.length + 2;
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(at, at);
      setCursor(at);
    });
  };
  return (
    <Combobox store={combobox} onOptionSubmit={choose} withinPortal>
      <Combobox.Target>
        <Textarea
          ref={input}
          aria-label={label}
          placeholder={label}
          autosize
          minRows={minRows}
          maxRows={12}
          maxLength={9000}
          value={value}
          onChange={(event) => {
            onChange(event.currentTarget.value);
            follow(event.currentTarget);
          }}
          onClick={(event) => follow(event.currentTarget)}
          onBlur={() => combobox.closeDropdown()}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              onSend();
            } else if (event.key === 'Escape' && combobox.dropdownOpened) {
              event.stopPropagation();
              combobox.closeDropdown();
            } else if (event.key === 'Enter' && combobox.dropdownOpened && offered[0]) {
              // The list itself sends what is chosen with the arrows; without a choice the first one is meant.
              if (combobox.getSelectedOptionIndex() < 0) {
                event.preventDefault();
                choose(offered[0].name);
              }
            }
          }}
        />
      </Combobox.Target>
      {offered.length > 0 && (
        <Combobox.Dropdown>
          <Combobox.Options>
            {offered.map(({ id, name, title }) => (
              <Combobox.Option key={id} value={name}>
                {name}
                {title && <span style={{ color: 'var(--fx-text-muted)' }}> · {title}</span>}
              </Combobox.Option>
            ))}
          </Combobox.Options>
        </Combobox.Dropdown>
      )}
    </Combobox>
  );
}
