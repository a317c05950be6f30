import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import type { FormField, TaskDetail } from '@/api/queries/tasks';
import { type FieldError, SchemaForm, validateForm } from '@/features/forms';
import { limitErrors } from '@/features/forms/formFields';
import { useUser } from '@/features/identity/useSession';
import { defaultsOf, formSchemaOf } from '@/features/worklist/outcomes';
import { indexOf } from '@/lib/process/document';
import { personName, type WaitProps } from './parts';
import {
  filedAnswers,
  filesOf,
  needsReason,
  readersOf,
  targetOf,
  uploadedAs,
  type Values,
  waysOf,
} from './scenario';
import classes from './Testing.module.css';

/** What a person is asked for: the form, who answers, a comment, and one button for each way to end it. */
export function TaskCard({ rehearsal, stage, wait }: WaitProps) {
  const { t } = useTranslation(['testing', 'inbox']);
  const me = useUser();
  const directory = useQuery(directoryQuery);
  const node = indexOf(stage.document).nodes.get(wait.node);
  const config = wait.config ?? {};
  const fields = Array.isArray(config.form) ? (config.form as FormField[]) : [];
  const schema = formSchemaOf({ config } as TaskDetail);
  const asked = wait.users ?? [];
  const reading = node?.kind === 'acknowledge' && asked.length > 1;
  const [form, setForm] = useState<Values>(() => defaultsOf(schema));
  const [errors, setErrors] = useState<readonly FieldError[]>([]);
  const [comment, setComment] = useState('');
  const [noReason, setNoReason] = useState(false);
  const [by, setBy] = useState(asked[0] ?? me.id);
  const [files, setFiles] = useState<readonly string[]>([]);
  const [noFile, setNoFile] = useState(false);
  const take = (names: readonly string[]): void => {
    setFiles(names);
    setNoFile(false);
  };
  const [readers, setReaders] = useState<string[]>(asked);
  const called = (id: string): string =>
    personName(id, rehearsal.session?.people, directory.data?.users ?? []);
  const labels = {
    complete: t('testing:task.complete'),
    send: t('inbox:complete.send'),
    refuse: t('inbox:complete.refuse'),
    acknowledge: t('inbox:complete.acknowledge'),
  };
  const wanted = filesOf(config);
  const mayRead = config.rule === 'any' ? readers.length > 0 : readers.length === asked.length;

  const end = (outcome: string): void => {
    const refuses = node?.kind === 'requestInformation' && outcome !== '';
    const wrong = schema && !refuses ? [...validateForm(schema, form), ...limitErrors(fields, form)] : [];
    const silent = comment.trim() === '' && node !== undefined && needsReason(node, config, outcome);
    const empty = wanted?.required === true && !refuses && files.length === 0;
    setErrors(wrong);
    setNoReason(silent);
    setNoFile(empty);
    if (wrong.length > 0 || silent || empty) return;
    const result: Values = {
      ...(schema && !refuses ? filedAnswers(fields, form) : {}),
      ...(refuses ? {} : uploadedAs(files)),
      ...(comment.trim() ? { comment: comment.trim() } : {}),
      ...(reading ? readersOf(asked, readers, comment.trim(), rehearsal.result?.at ?? '') : {}),
    };
    rehearsal.act({
      complete: {
        ...targetOf(stage.document.key, rehearsal.result?.waits ?? [], wait),
        ...(outcome ? { outcome } : {}),
        by: reading ? (readers.at(-1) ?? by) : by,
        ...(Object.keys(result).length > 0 ? { result } : {}),
      },
    });
  };

  return (
    <>
      {schema && (
        <SchemaForm
          schema={schema}
          value={form}
          errors={errors}
          idPrefix={`rehearsal/${wait.run}/${wait.node}/${wait.index}`}
          upload={(file) => Promise.resolve({ id: file.name, name: file.name })}
          onChange={(next) => {
            setForm(next);
            if (errors.length > 0) setErrors([...validateForm(schema, next), ...limitErrors(fields, next)]);
          }}
        />
      )}
      {wanted && (
        <>
          <SchemaForm
            schema={{
              type: 'object',
              required: wanted.required ? ['files'] : [],
              properties: {
                files: {
                  type: 'array',
                  items: { type: 'string' },
                  'x-widget': 'file',
                  title: wanted.label ?? t('testing:task.files'),
                },
              },
            }}
            value={files.length > 0 ? { files } : {}}
            errors={noFile ? [{ path: '/files', message: t('testing:task.filesNeeded') }] : []}
            idPrefix={`rehearsal/${wait.run}/${wait.node}/${wait.index}/uploaded`}
            upload={(file) => Promise.resolve({ id: file.name, name: file.name })}
            onChange={(next) => take((next.files as string[] | undefined) ?? [])}
          />
          <div className={classes.row}>
            <Button
              size="compact-xs"
              variant="subtle"
              color="gray"
              onClick={() => take([...files, `${wanted.label ?? t('testing:task.sampleName')}.pdf`])}
            >
              {t('testing:task.sampleFile')}
            </Button>
          </div>
        </>
      )}
      {reading ? (
        <Checkbox.Group label={t('testing:task.readers')} value={readers} onChange={setReaders}>
          <div className={classes.choices}>
            {asked.map((id) => (
              <Checkbox key={id} value={id} label={called(id)} />
            ))}
          </div>
        </Checkbox.Group>
      ) : (
        asked.length > 1 && (
          <Select
            label={t('testing:task.by')}
            allowDeselect={false}
            data={asked.map((id) => ({ value: id, label: called(id) }))}
            value={by}
            onChange={(id) => setBy(id ?? by)}
          />
        )
      )}
      {node && config.comment !== 'never' && (
        <TextInput
          label={t('testing:task.comment')}
          maxLength={2000}
          value={comment}
          error={noReason ? t('testing:task.commentNeeded') : undefined}
          onChange={(event) => {
            setComment(event.currentTarget.value);
            setNoReason(false);
          }}
        />
      )}
      <div className={classes.row}>
        {waysOf(node, config, labels).map(({ name, label, positive }) => (
          <Button
            key={name}
            size="compact-md"
            variant={positive ? 'filled' : 'default'}
            disabled={rehearsal.busy || (reading && !mayRead)}
            onClick={() => end(name)}
          >
            {label}
          </Button>
        ))}
      </div>
    </>
  );
}
