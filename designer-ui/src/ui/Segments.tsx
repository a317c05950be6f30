import { SegmentedControl, type SegmentedControlProps } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';

/** Choices side by side; on a phone, where long words do not fit, one below the other. */
export function Segments(props: SegmentedControlProps) {
  const narrow = useMediaQuery('(max-width: 36em)') ?? false;
  return (
    <SegmentedControl
      {...props}
      orientation={narrow ? 'vertical' : 'horizontal'}
      fullWidth={narrow || props.fullWidth}
    />
  );
}
