import { Skeleton } from '@mantine/core';
import { Later, later } from '@/lib/later';
import { useFormContext } from './context';

// The editor brings CodeMirror with it: fetched when the first expression is shown.
const ExpressionInput = later(() =>
  import('@/features/expressions').then((module) => module.ExpressionInput),
);

const ConditionInput = later(() => import('@/features/expressions').then((module) => module.ConditionInput));

type ExpressionFieldProps = {
  id: string;
  value: string;
  onChange: (value: string) => void;
  describedBy: string | undefined;
  label: string;
  readOnly: boolean;
  template?: boolean;
  secrets?: boolean;
  /** Gives true or false, so it can be put together from comparisons. */
  condition?: boolean;
};

export function ExpressionField({
  describedBy,
  label,
  template,
  secrets,
  condition,
  ...props
}: ExpressionFieldProps) {
  const { scope } = useFormContext();
  return (
    <Later fallback={<Skeleton h={template ? 72 : 34} />}>
      {condition ? (
        <ConditionInput {...props} scope={scope} aria-label={label} aria-describedby={describedBy} />
      ) : (
        <ExpressionInput
          {...props}
          template={template}
          secrets={secrets}
          scope={scope}
          aria-label={label}
          aria-describedby={describedBy}
        />
      )}
    </Later>
  );
}
