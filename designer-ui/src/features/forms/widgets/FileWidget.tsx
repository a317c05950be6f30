import { Button, CloseButton } from '@mantine/core';
import { FileText, Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '@/ui';
import { useFormContext, type WidgetProps } from '../context';
import classes from '../SchemaForm.module.css';
import { typeOf } from '../schema';

const idsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);

/** Sends files as soon as they are chosen; the value is the file's id, or a list of them. */
export function FileWidget({ schema, value, onChange, id, describedBy, readOnly }: WidgetProps) {
  const { t } = useTranslation();
  const { upload, files: known } = useFormContext();
  const input = useRef<HTMLInputElement>(null);
  const [names, setNames] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const many = typeOf(schema) === 'array';
  const ids = idsOf(value);
  const nameOf = (id: string) => names[id] ?? known.find((file) => file.id === id)?.name ?? id;

  const send = async (files: readonly File[]) => {
    if (!upload) return;
    setBusy(true);
    setProblem(null);
    try {
      let next = many ? ids : [];
      for (const file of files) {
        const sent = await upload(file);
        setNames((old) => ({ ...old, [sent.id]: sent.name }));
        next = [...next, sent.id];
      }
      onChange(many ? next : next.at(-1));
    } catch (error) {
      const { title, remedy } = errorText(error);
      setProblem(remedy ? `${title} ${remedy}` : title);
    }
    setBusy(false);
  };

  return (
    <div className={classes.files}>
      {ids.map((file) => (
        <span key={file} className={classes.file}>
          <FileText size={16} aria-hidden />
          {nameOf(file)}
          {!readOnly && (
            <CloseButton
              size="sm"
              aria-label={t('form.removeFile', { name: nameOf(file) })}
              onClick={() => {
                const rest = ids.filter((other) => other !== file);
                onChange(rest.length === 0 ? undefined : many ? rest : rest[0]);
              }}
            />
          )}
        </span>
      ))}
      {!readOnly && (
        <Button
          id={id}
          variant="default"
          style={{ alignSelf: 'flex-start' }}
          leftSection={<Upload size={16} aria-hidden />}
          aria-describedby={describedBy}
          loading={busy}
          disabled={!upload}
          onClick={() => input.current?.click()}
        >
          {t('form.chooseFile')}
        </Button>
      )}
      <input
        ref={input}
        type="file"
        hidden
        multiple={many}
        onChange={(event) => {
          void send([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      {problem && (
        <p role="alert" className={classes.error}>
          {problem}
        </p>
      )}
    </div>
  );
}
