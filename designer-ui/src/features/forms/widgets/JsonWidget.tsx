import { Textarea } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WidgetProps } from '../context';
import { described } from './described';

const print = (value: unknown) => (value === undefined ? '' : JSON.stringify(value, null, 2));

/** Value of any shape as JSON. What does not parse stays in the field and changes nothing. */
export function JsonWidget(props: WidgetProps) {
  const { value, onChange } = props;
  const { t } = useTranslation();
  const [text, setText] = useState(() => print(value));
  const [broken, setBroken] = useState(false);
  const outside = print(value);
  useEffect(() => {
    setText((own) => {
      try {
        if (own !== '' && print(JSON.parse(own)) === outside) return own;
      } catch {
        return own === '' ? outside : own;
      }
      return outside;
    });
  }, [outside]);
  return (
    <Textarea
      {...described(props)}
      autosize
      minRows={3}
      maxRows={16}
      error={broken ? t('form.error.json') : props.error}
      styles={{ input: { fontFamily: 'var(--fx-font-mono)' } }}
      value={text}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        if (next.trim() === '') {
          setBroken(false);
          onChange(undefined);
          return;
        }
        try {
          onChange(JSON.parse(next));
          setBroken(false);
        } catch {
          setBroken(true);
        }
      }}
    />
  );
}
