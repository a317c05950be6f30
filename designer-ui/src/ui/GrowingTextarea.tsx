import { Textarea, type TextareaProps } from '@mantine/core';
import type { CSSProperties } from 'react';
import classes from './GrowingTextarea.module.css';

type Props = Omit<TextareaProps, 'autosize' | 'classNames' | 'styles' | 'rows'> & {
  readonly minRows: number;
  readonly maxRows: number;
};

/**
 * A field that grows with its text by style alone. Measuring the text in a script, as `autosize` does, lays out the
 * whole page when it appears: beside a large canvas that was 0.3 s.
 */
export function GrowingTextarea({ minRows, maxRows, ...rest }: Props) {
  return (
    <Textarea
      {...rest}
      rows={minRows}
      classNames={{ input: classes.input }}
      styles={{ input: { '--growing-min': minRows, '--growing-max': maxRows } as CSSProperties }}
    />
  );
}
