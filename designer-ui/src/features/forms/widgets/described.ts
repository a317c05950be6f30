import type { WidgetProps } from '../context';

const order: ('input' | 'description' | 'error')[] = ['input', 'description', 'error'];

/** Id, help and error as Mantine's inputs want them; the label stands outside, beside the fx switch. */
export function described({ id, help, error, readOnly }: WidgetProps) {
  return { id, description: help, error, readOnly, inputWrapperOrder: order };
}
