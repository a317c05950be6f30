import { MultiSelect, NumberInput, Select, Skeleton, Switch, TagsInput, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Later, later } from '@/lib/later';
import { GrowingTextarea } from '@/ui/GrowingTextarea';
import { useFormContext, type WidgetProps } from '../context';
import { ExpressionField } from '../ExpressionField';
import { ObjectFields } from '../SchemaForm';
import { isExpression, optionsOf, typeOf, type WidgetName } from '../schema';
import { DateWidget } from './DateWidget';
import { DurationWidget } from './DurationWidget';
import { described } from './described';
import { FileWidget } from './FileWidget';
import { JsonWidget } from './JsonWidget';
import { MoneyWidget } from './MoneyWidget';
import { PickerWidget } from './PickerWidget';
import { RowsWidget } from './RowsWidget';

// Only the designer asks for people by what a process knows of them.
const PersonWidget = later(() => import('./PersonWidget').then((module) => module.PersonWidget), 'designer');

// A palette is heavy, and few forms ask for a color.
const ColorWidget = later(() => import('./ColorWidget').then((module) => module.ColorWidget));

type Props = WidgetProps & { widget: WidgetName; label: string };

const textOf = (value: unknown) => (value === undefined || value === null ? '' : String(value));

/** The control of a field. */
export function Widget({ widget, label, ...props }: Props) {
  const { i18n } = useTranslation();
  const { scope } = useFormContext();
  const { schema, value, onChange, id, describedBy, required, readOnly } = props;
  const common = { ...described(props), 'aria-required': required };
  const shownDefault =
    schema.default === undefined || typeof schema.default === 'object' ? undefined : String(schema.default);

  // An empty text is no value: a cleared field is as if it had never been filled.
  const onText = (text: string) => {
    if (text === '=' && props.onExpression && textOf(value) === '') props.onExpression();
    else onChange(text === '' ? undefined : text);
  };

  switch (widget) {
    case 'text':
      return (
        <TextInput
          {...common}
          type={
            schema.format === 'email'
              ? 'email'
              : schema.format === 'uri'
                ? 'url'
                : schema['x-widget'] === 'password'
                  ? 'password'
                  : 'text'
          }
          autoComplete={schema['x-widget'] === 'password' ? 'new-password' : 'off'}
          placeholder={shownDefault}
          value={textOf(value)}
          onChange={(event) => onText(event.currentTarget.value)}
        />
      );
    case 'textarea':
      return (
        <GrowingTextarea
          {...common}
          minRows={3}
          maxRows={12}
          placeholder={shownDefault}
          value={textOf(value)}
          onChange={(event) => onText(event.currentTarget.value)}
        />
      );
    case 'color':
      return (
        <Later fallback={<Skeleton h={36} />}>
          <ColorWidget {...props} />
        </Later>
      );
    case 'number':
      return (
        <NumberInput
          {...common}
          placeholder={shownDefault}
          min={schema.minimum}
          max={schema.maximum}
          clampBehavior="none"
          allowDecimal={typeOf(schema) !== 'integer'}
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => onChange(next === '' ? undefined : Number(next))}
        />
      );
    case 'boolean':
      return (
        <Switch
          id={id}
          aria-describedby={describedBy}
          disabled={readOnly}
          checked={value === undefined ? schema.default === true : value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'select': {
      const numeric = typeOf(schema) === 'number' || typeOf(schema) === 'integer';
      return (
        <Select
          {...common}
          data={optionsOf(schema, i18n.language) ?? []}
          placeholder={
            optionsOf(schema, i18n.language)?.find((option) => option.value === shownDefault)?.label
          }
          clearable={!required}
          allowDeselect={!required}
          value={value === undefined || value === null ? null : String(value)}
          onChange={(next) => onChange(next === null ? undefined : numeric ? Number(next) : next)}
        />
      );
    }
    case 'multiselect':
      return (
        <MultiSelect
          {...common}
          data={optionsOf(schema.items ?? {}, i18n.language) ?? []}
          placeholder={
            Array.isArray(value) && value.length > 0
              ? undefined
              : optionsOf(schema.items ?? {}, i18n.language)
                  ?.filter((option) => Array.isArray(schema.default) && schema.default.includes(option.value))
                  .map((option) => option.label)
                  .join(', ')
          }
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={(next) => onChange(next.length === 0 ? undefined : next)}
        />
      );
    case 'tags':
      return (
        <TagsInput
          {...common}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={(next) => onChange(next.length === 0 ? undefined : next)}
        />
      );
    case 'date':
    case 'datetime':
      return <DateWidget {...props} />;
    case 'duration':
      return <DurationWidget {...props} />;
    case 'money':
      return <MoneyWidget {...props} />;
    case 'template':
      return (
        <ExpressionField
          id={id}
          template
          secrets={schema['x-secrets'] === true}
          label={label}
          readOnly={readOnly}
          describedBy={describedBy}
          value={isExpression(value) ? `{{ ${value.expr} }}` : textOf(value)}
          onChange={(text) => onChange(text === '' ? undefined : text)}
        />
      );
    case 'expression':
    case 'condition': {
      const bare = typeOf(schema) === 'string';
      return (
        <ExpressionField
          id={id}
          condition={widget === 'condition'}
          label={label}
          readOnly={readOnly}
          describedBy={describedBy}
          value={isExpression(value) ? value.expr : textOf(value)}
          onChange={(source) => onChange(source === '' ? undefined : bare ? source : { expr: source })}
        />
      );
    }
    case 'object':
      return (
        <ObjectFields
          schema={schema}
          value={typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}}
          path={props.path}
          // The rows of a list have nothing to be left out of: who adds one fills it in.
          optional={!required && value === undefined}
        />
      );
    case 'rows':
      return <RowsWidget {...props} label={label} />;
    case 'file':
      return <FileWidget {...props} />;
    case 'json':
      return <JsonWidget {...props} />;
    case 'user':
    case 'performer':
      // Without a process around there is nobody but the people themselves.
      return scope?.definitionKey && typeOf(schema) !== 'array' ? (
        <Later fallback={<Skeleton h={36} />}>
          <PersonWidget {...props} groups={widget === 'performer'} />
        </Later>
      ) : (
        <PickerWidget {...props} kind={widget} />
      );
    default:
      return <PickerWidget {...props} kind={widget} />;
  }
}
