import { Button, CloseButton } from '@mantine/core';
import { FileText, Upload } from 'lucide-react';
import { type DragEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { uploadFile } from '@/api/queries/tasks';
import type { FileInfo } from '@/api/types';
import { formatBytes } from '@/lib/format';
import { announce } from '@/lib/live';
import { errorText } from '@/ui';
import classes from './Worklist.module.css';

type FileUploadProps = {
  id: string;
  label: string;
  required: boolean;
  owner: string;
  files: FileInfo[];
  error: string | undefined;
  onChange: (files: FileInfo[]) => void;
};

/** Files are sent as soon as they are chosen or dropped; the task then only names them. */
export function FileUpload({ id, label, required, owner, files, error, onChange }: FileUploadProps) {
  const { t } = useTranslation('inbox');
  const input = useRef<HTMLInputElement>(null);
  const [sending, setSending] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const [over, setOver] = useState(false);

  const send = async (chosen: Iterable<File>) => {
    setProblem(null);
    let done = files;
    for (const file of chosen) {
      setSending((n) => n + 1);
      try {
        done = [...done, await uploadFile(file, owner)];
        onChange(done);
        announce(t('files.sent', { name: file.name }));
      } catch (cause) {
        const { title, remedy } = errorText(cause);
        setProblem(`${file.name}: ${title}${remedy ? ` ${remedy}` : ''}`);
      } finally {
        setSending((n) => n - 1);
      }
    }
  };

  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void send(event.dataTransfer.files);
  };

  const message = problem ?? error;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra way; the button beside does the same.
    <div
      className={classes.upload}
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <span className={classes.uploadLabel} id={`${id}-label`}>
        {label}
        {required && <span aria-hidden> *</span>}
      </span>
      {files.length > 0 && (
        <ul className={classes.documents}>
          {files.map((file) => (
            <li key={file.id} className={classes.document}>
              <FileText size={18} aria-hidden className={classes.documentIcon} />
              <span className={classes.documentText}>
                <a href={file.url} target="_blank" rel="noreferrer">
                  {file.name}
                </a>
                <span className={classes.documentMeta}>{formatBytes(file.size)}</span>
              </span>
              <CloseButton
                aria-label={t('files.remove', { name: file.name })}
                onClick={() => onChange(files.filter((other) => other.id !== file.id))}
              />
            </li>
          ))}
        </ul>
      )}
      <div className={classes.uploadRow}>
        <Button
          id={id}
          variant="default"
          leftSection={<Upload size={16} aria-hidden />}
          loading={sending > 0}
          aria-describedby={message ? `${id}-error` : `${id}-label`}
          onClick={() => input.current?.click()}
        >
          {t('files.choose')}
        </Button>
        <span className={classes.hint}>{t('files.drop')}</span>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-labelledby={`${id}-label`}
          onChange={(event) => {
            void send([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      {message && (
        <p id={`${id}-error`} role="alert" className={classes.problem}>
          {message}
        </p>
      )}
    </div>
  );
}
