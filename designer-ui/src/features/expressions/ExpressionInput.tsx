import { Textarea } from '@mantine/core';

/** Where the expression is evaluated: decides which names it may use. */
export type ExpressionScope = { definitionKey?: string; node?: string };

export type ExpressionInputProps = {
  id?: string;
  value: string;
  onChange: (value: string) => void;
  scope?: ExpressionScope;
  /** Text with {{ }} instead of a bare expression. */
  template?: boolean;
  readOnly?: boolean;
  'aria-label'?: string;
  'aria-describedby'?: string;
};

/** Editor of one expression. */
export function ExpressionInput({ value, onChange, scope, template, ...rest }: ExpressionInputProps) {
  return (
    <Textarea
      {...rest}
      autosize
      minRows={template ? 3 : 1}
      value={value}
      data-definition={scope?.definitionKey}
      styles={{ input: { fontFamily: 'var(--fx-font-mono)' } }}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
