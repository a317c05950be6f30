import { TextInput } from '@mantine/core';
import type { WidgetProps } from '../context';
import { described } from './described';

/** Instant to the text that a datetime-local input wants, in the reader's zone, and back. */
function toLocal(value: unknown): string {
  if (typeof value !== 'string' || value === '') return '';
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return '';
  const pad = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** The browser's own date input: it knows the reader's locale, works on phones and for screen readers. */
export function DateWidget(props: WidgetProps) {
  const { schema, value, onChange, required } = props;
  const withTime = schema.format === 'date-time';
  return (
    <TextInput
      {...described(props)}
      type={withTime ? 'datetime-local' : 'date'}
      aria-required={required}
      value={withTime ? toLocal(value) : typeof value === 'string' ? value : ''}
      onChange={(event) => {
        const text = event.currentTarget.value;
        if (text === '') onChange(undefined);
        else onChange(withTime ? new Date(text).toISOString() : text);
      }}
    />
  );
}
