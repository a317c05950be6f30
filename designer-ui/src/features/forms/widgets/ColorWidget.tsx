import { ColorInput } from '@mantine/core';
import type { WidgetProps } from '../context';
import { described } from './described';

const swatches = ['#1d5fd1', '#0891b2', '#15803d', '#a16207', '#c2410c', '#b91c1c', '#7c3aed', '#64748b'];

/** A color as the six digits of the web, typed or picked. */
export function ColorWidget(props: WidgetProps) {
  return (
    <ColorInput
      {...described(props)}
      aria-required={props.required}
      format="hex"
      withEyeDropper={false}
      swatches={swatches}
      swatchesPerRow={swatches.length}
      value={typeof props.value === 'string' ? props.value : ''}
      onChange={(color) => props.onChange(color === '' ? undefined : color)}
    />
  );
}
