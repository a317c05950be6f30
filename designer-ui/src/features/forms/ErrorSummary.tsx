import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './SchemaForm.module.css';
import { deref, type FieldError, type JsonSchema, titleOf } from './schema';

/** Label of the field that a JSON pointer names, as far as the schema knows it. */
export function labelAt(root: JsonSchema, pointer: string, language: string): string {
  let schema = root;
  let label = '';
  for (const part of pointer.split('/').slice(1)) {
    const resolved = deref(schema, root);
    if (/^\d+$/.test(part)) {
      label = `${label} ${Number(part) + 1}`.trim();
      schema = resolved.items ?? {};
    } else {
      schema = resolved.properties?.[part] ?? {};
      label = titleOf(schema, part, language);
    }
  }
  return label;
}

/** The focus alone leaves a place behind buttons that stay at the lower edge. */
function show(place: HTMLElement | null): void {
  place?.focus({ preventScroll: true });
  place?.scrollIntoView({ block: 'center' });
}

type ErrorSummaryProps = {
  schema: JsonSchema;
  errors: readonly FieldError[];
  idPrefix?: string;
  title?: string;
};

/** All broken rules on top of a form, each a link to its field; takes the focus when it appears. */
export function ErrorSummary({ schema, errors, idPrefix = 'form', title }: ErrorSummaryProps) {
  const { t, i18n } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const shown = errors.length > 0;
  useEffect(() => {
    if (shown) show(box.current);
  }, [shown]);
  if (!shown) return null;
  return (
    <div className={classes.summary} ref={box} tabIndex={-1} role="alert">
      <strong>{title ?? t('form.summary', { count: errors.length })}</strong>
      <ul>
        {errors.map((error) => (
          <li key={`${error.path} ${error.message}`}>
            <a
              href={`#${idPrefix}${error.path}`}
              onClick={(event) => {
                event.preventDefault();
                show(document.getElementById(`${idPrefix}${error.path}`));
              }}
            >
              {labelAt(schema, error.path, i18n.language)}
            </a>
            {': '}
            {error.message}
          </li>
        ))}
      </ul>
    </div>
  );
}
