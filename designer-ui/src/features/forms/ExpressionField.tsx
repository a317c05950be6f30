import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useFormContext } from './context';

// The editor brings CodeMirror with it: fetched when the first expression is shown.
const ExpressionInput = lazy(() =>
  import('@/features/expressions').then((module) => ({ default: module.ExpressionInput })),
);

const ConditionInput = lazy(() =>
  import('@/features/expressions').then((module) => ({ default: module.ConditionInput })),
);

type ExpressionFieldProps = {
  id: string;
  value: string;
  onChange: (value: string) => void;
  describedBy: string | undefined;
  label: string;
  readOnly: boolean;
  template?: boolean;
  /** Gives true or false, so it can be put together from comparisons. */
  condition?: boolean;
};

export function ExpressionField({ describedBy, label, template, condition, ...props }: ExpressionFieldProps) {
  const { scope } = useFormContext();
  return (
    <Suspense fallback={<Skeleton h={template ? 72 : 34} />}>
      {condition ? (
        <ConditionInput {...props} scope={scope} aria-label={label} aria-describedby={describedBy} />
      ) : (
        <ExpressionInput
          {...props}
          template={template}
          scope={scope}
          aria-label={label}
          aria-describedby={describedBy}
        />
      )}
    </Suspense>
  );
}
