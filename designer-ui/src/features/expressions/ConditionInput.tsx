import { SegmentedControl } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { checkExpression } from './api';
import classes from './Condition.module.css';
import { GroupEditor } from './ConditionBuilder';
import { emptyGroup, type Group, parseCondition, printCondition } from './condition';
import { ExpressionInput, type ExpressionInputProps, type ExpressionScope } from './ExpressionInput';
import inputs from './ExpressionInput.module.css';
import { useInlineProcess } from './inline';
import { useNames } from './names';
import { Preview } from './Preview';

/** A condition, as groups of comparisons or as text: both are the same expression. */
export function ConditionInput(props: Omit<ExpressionInputProps, 'template'>) {
  const { value, onChange, scope, readOnly = false } = props;
  const { t } = useTranslation('designer');
  const names = useNames(scope);
  const read = useMemo(() => parseCondition(value), [value]);
  const [asText, setAsText] = useState(() => 'unshown' in read);
  // A line that says nothing yet is not in the text; it is kept here for as long as the text is what these groups say.
  const [drawn, setDrawn] = useState<{ group: Group; text: string }>();
  const group = drawn?.text === value ? drawn.group : 'group' in read ? read.group : emptyGroup();
  const unshown = 'unshown' in read ? read.unshown : undefined;
  const definitionKey = scope?.definitionKey;
  const text = asText || unshown !== undefined || definitionKey === undefined;
  const mistake = useMistake(text ? '' : value, scope);
  return (
    <div className={classes.condition}>
      {definitionKey !== undefined && (
        <SegmentedControl
          size="xs"
          className={classes.modes}
          aria-label={t('builder.mode')}
          value={text ? 'text' : 'groups'}
          data={[
            { value: 'groups', label: t('builder.groups'), disabled: unshown !== undefined },
            { value: 'text', label: t('builder.text') },
          ]}
          onChange={(mode) => setAsText(mode === 'text')}
        />
      )}
      {text ? (
        <ExpressionInput {...props} />
      ) : (
        <>
          <GroupEditor
            {...{ names, readOnly, definitionKey, group }}
            onChange={(next) => {
              const written = printCondition(next);
              setDrawn({ group: next, text: written });
              if (written !== value) onChange(written);
            }}
          />
          {value.trim() !== '' &&
            (mistake ? (
              <p className={inputs.error} role="status">
                {mistake}
              </p>
            ) : (
              <Preview source={value} template={false} definitionKey={definitionKey} />
            ))}
        </>
      )}
      {unshown && definitionKey !== undefined && (
        <p className={classes.why}>
          {t('builder.cannot')} {t(`builder.why.${unshown.reason}`, { text: shorten(unshown.text) })}
        </p>
      )}
    </div>
  );
}

/** What is wrong with a condition that is not shown as text, where the editor would say it. */
function useMistake(source: string, scope: ExpressionScope | undefined): string | undefined {
  const [settled] = useDebouncedValue(source, 400);
  const inline = useInlineProcess();
  const checked = useQuery({
    queryKey: ['expression-check', scope?.definitionKey, scope?.node, settled, inline.text, inline.trigger],
    queryFn: () => checkExpression({ source: settled, template: false, ...scope, ...inline.body }),
    enabled: settled.trim() !== '' && settled === source,
    staleTime: 10_000,
  });
  return settled === source ? checked.data?.[0]?.message : undefined;
}

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
