import { Alert, Button, Checkbox, FileButton, Group, Modal, Stack } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { CircleCheck, CircleX, FileUp, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '@/ui';
import { type BpmnFinding, type BpmnOptions, importBpmn } from './api';
import classes from './Designer.module.css';

type RuleTexts = Readonly<Record<string, Readonly<Record<string, { message: string; remedy: string }>>>>;

const rulesQuery = {
  queryKey: ['bpmn-rules'],
  queryFn: async () => (await import('../../../../schemas/finding/bpmn.json')).default as RuleTexts,
  staleTime: Number.POSITIVE_INFINITY,
};

/** The text of a finding in the reader's language. */
function wording(finding: BpmnFinding, rules: RuleTexts | undefined, language: string) {
  const text = rules?.[finding.rule]?.[language];
  if (!text) return { message: finding.message, remedy: finding.remedy ?? '' };
  const fill = (s: string) => s.replace(/\{\{(\w+)\}\}/g, (_, name: string) => finding.data?.[name] ?? '');
  return { message: fill(text.message), remedy: fill(text.remedy) };
}

/** Takes a BPMN file: shows what would come of it before anything is made. */
export function ImportBpmn({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['designer', 'common']);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const rules = useQuery(rulesQuery);
  const [file, setFile] = useState<File | null>(null);
  const [options, setOptions] = useState<BpmnOptions>({ runnable: false, servicesToPeople: false });
  const trial = useQuery({
    queryKey: ['bpmn-trial', file?.name, file?.size, file?.lastModified, options],
    queryFn: () => importBpmn(file as File, options, true),
    enabled: file !== null,
    placeholderData: (old) => old,
    gcTime: 0,
    retry: false,
  });
  const make = useMutation({
    mutationFn: () => importBpmn(file as File, options, false),
    onSuccess: ({ processes }) => {
      void queryClient.invalidateQueries({ queryKey: ['definitions', 'list'] });
      const key = processes[0]?.key;
      if (processes.length === 1 && key) void navigate({ to: '/definitions/$key', params: { key } });
      else onClose();
    },
  });
  const report = file ? trial.data : undefined;
  const errors = report?.findings.filter(({ severity }) => severity === 'error') ?? [];
  const warnings = report?.findings.filter(({ severity }) => severity === 'warning') ?? [];
  const problem = trial.error ?? make.error;
  const drawings = options.runnable || warnings.some(({ rule }) => rule === 'not_executable');
  const services = options.servicesToPeople || warnings.some(({ rule }) => rule === 'unknown_service');
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t('designer:bpmn.importTitle')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        <p className={classes.hint}>{t('designer:bpmn.help')}</p>
        <Group gap="sm">
          <FileButton
            accept=".bpmn,.xml,application/xml,text/xml"
            onChange={(chosen) => {
              make.reset();
              setFile(chosen);
            }}
            inputProps={{ 'aria-label': t('designer:bpmn.choose') }}
          >
            {(props) => (
              <Button
                {...props}
                variant="default"
                leftSection={<FileUp size={16} aria-hidden />}
                data-autofocus
              >
                {t('designer:bpmn.choose')}
              </Button>
            )}
          </FileButton>
          {file && <span>{file.name}</span>}
        </Group>
        {problem && (
          <Alert color="red" title={errorText(problem).title} classNames={{ title: classes.bpmnVerdict }}>
            {errorText(problem).remedy}
          </Alert>
        )}
        {report && (
          <div aria-live="polite">
            {errors.length > 0 ? (
              <Alert
                color="red"
                icon={<CircleX aria-hidden />}
                classNames={{ title: classes.bpmnVerdict }}
                title={t('designer:bpmn.refused', { count: errors.length })}
              >
                <Findings findings={errors} rules={rules.data} />
              </Alert>
            ) : (
              <Alert
                color="green"
                icon={<CircleCheck aria-hidden />}
                classNames={{ title: classes.bpmnVerdict }}
                title={t('designer:bpmn.fits', { count: report.processes.length })}
              >
                <ul className={classes.bpmnList}>
                  {report.processes.map((process) => (
                    <li key={process.key}>
                      <strong>{process.name}</strong> <code>{process.key}</code>{' '}
                      {t('designer:bpmn.nodes', { count: process.nodes })}
                      {process.executable ? '' : `, ${t('designer:bpmn.drawing')}`}
                    </li>
                  ))}
                </ul>
              </Alert>
            )}
            {warnings.length > 0 && (
              <Alert
                mt="sm"
                color="yellow"
                icon={<TriangleAlert aria-hidden />}
                classNames={{ title: classes.bpmnVerdict }}
                title={t('designer:bpmn.warnings', { count: warnings.length })}
              >
                <Findings findings={warnings} rules={rules.data} />
              </Alert>
            )}
          </div>
        )}
        {report && drawings && (
          <Checkbox
            label={t('designer:bpmn.runnable')}
            checked={options.runnable}
            onChange={(event) => setOptions({ ...options, runnable: event.currentTarget.checked })}
          />
        )}
        {report && services && (
          <Checkbox
            label={t('designer:bpmn.servicesToPeople')}
            checked={options.servicesToPeople}
            onChange={(event) => setOptions({ ...options, servicesToPeople: event.currentTarget.checked })}
          />
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button
            disabled={!report || report.refused || trial.isFetching}
            loading={make.isPending}
            onClick={() => make.mutate()}
          >
            {t('designer:bpmn.import')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** What is wrong or changed, by element, each with its remedy. */
function Findings({ findings, rules }: { findings: BpmnFinding[]; rules: RuleTexts | undefined }) {
  const { t, i18n } = useTranslation('designer');
  return (
    <ul className={classes.bpmnList}>
      {findings.map((finding) => {
        const { message, remedy } = wording(finding, rules, i18n.language);
        const place = [finding.element, finding.name || finding.id].filter(Boolean).join(' ');
        return (
          <li key={`${finding.rule} ${finding.line} ${finding.column} ${finding.id} ${finding.message}`}>
            {place && <strong>{place}: </strong>}
            {message}
            {remedy && <span className={classes.bpmnRemedy}>{remedy}</span>}
            {finding.line !== undefined && (
              <span className={classes.bpmnPlace}>
                {t('bpmn.line', { line: finding.line, column: finding.column })} · <code>{finding.rule}</code>
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
