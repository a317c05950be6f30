import { Alert, Button, Checkbox, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { Later, later } from '@/lib/later';
import { flatten } from '@/lib/process/scopes';
import type { Finding, ServerFinding } from '@/lib/process/validate';
import { Delayed, errorText } from '@/ui';
import { type Published, publish, versionQuery } from './api';
import { ChangeList } from './ChangeList';
import classes from './Designer.module.css';
import { useDesigner } from './DesignerContext';
import { type Fate, RunsFate, STAY } from './RunsFate';
import { elementName, findingText } from './texts';
import { VersionRuns } from './VersionRuns';

const ScenarioCheck = later(() => import('@/features/testing').then(({ ScenarioCheck }) => ScenarioCheck));

const JobView = later(() => import('@/features/runs').then(({ JobView }) => JobView));

interface PublishDialogProps {
  readonly publishedVersion: number | null;
  readonly onClose: () => void;
  /** Saves what is unsent first; resolves to the revision to publish, undefined when it could not be saved. */
  readonly flush: () => Promise<number | undefined>;
  readonly onPublished: (published: Published) => void;
  readonly onFindings: (findings: readonly ServerFinding[]) => void;
}

/** Publishing is an act of its own: a note, the problems, and what changed since the published version. */
export function PublishDialog({
  publishedVersion,
  onClose,
  flush,
  onPublished,
  onFindings,
}: PublishDialogProps) {
  const { t } = useTranslation(['designer', 'common']);
  const { definitionKey, document, kinds, findings, showFinding, actions } = useDesigner();
  const [note, setNote] = useState('');
  const [confirmed, setConfirmed] = useState(false);
  const [broken, setBroken] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [published, setPublished] = useState<Published>();
  const [fate, setFate] = useState<Fate>(STAY);
  const [job, setJob] = useState<string>();
  const [moveFailure, setMoveFailure] = useState<unknown>();
  const before = useQuery({
    ...versionQuery(definitionKey, publishedVersion ?? 0),
    enabled: publishedVersion !== null,
  });
  const compared = t(publishedVersion === null ? 'designer:publish.firstTitle' : 'designer:publish.changes');
  const errors = findings.filter((finding) => finding.severity === 'error');
  // The scenarios have a place of their own.
  const warnings = findings.filter(
    (finding) => finding.severity === 'warning' && finding.code !== 'scenario_failed',
  );

  const show = (finding: Finding): void => {
    onClose();
    showFinding(finding);
  };

  const move = async (version: number): Promise<void> => {
    setMoveFailure(undefined);
    setBusy(true);
    try {
      const { startMoving } = await import('@/features/runs');
      const reason = note.trim() || t('designer:publish.moveReason', { version });
      const { id } = await startMoving(definitionKey, version, fate.nodes, reason);
      setJob(id);
    } catch (error) {
      setMoveFailure(error);
    } finally {
      setBusy(false);
    }
  };

  const go = async (): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      const rev = await flush();
      if (rev === undefined) {
        setFailure(new Error(t('designer:publish.notSaved')));
        return;
      }
      const confirm = [...new Set(warnings.map((finding) => finding.code))];
      if (broken) confirm.push('scenario_failed');
      const result = await publish(definitionKey, { note: note.trim(), confirm }, rev);
      setPublished(result);
      onPublished(result);
      if (fate.move) await move(result.version);
    } catch (error) {
      setFailure(error);
      if (isApiError(error)) {
        const found = (error.problem as { findings?: ServerFinding[] }).findings;
        if (found) onFindings(found);
      }
    } finally {
      setBusy(false);
    }
  };

  if (published) {
    return (
      <Modal
        opened
        size={fate.move ? 'lg' : 'md'}
        onClose={onClose}
        title={t('designer:publish.doneTitle')}
        closeButtonProps={{ 'aria-label': t('common:action.close') }}
      >
        <Stack gap="md">
          <Group gap="sm" wrap="nowrap">
            <CircleCheck size={22} color="var(--fx-status-done)" aria-hidden />
            <Text size="md">{t('designer:publish.done', { version: published.version })}</Text>
          </Group>
          {job !== undefined ? (
            <section aria-label={t('designer:publish.moving')}>
              <h3 className={classes.blockTitle}>{t('designer:publish.moving')}</h3>
              <Later>
                <JobView key={job} id={job} onOpen={setJob} />
              </Later>
            </section>
          ) : (
            <section aria-label={t('designer:publish.runs')}>
              <h3 className={classes.blockTitle}>{t('designer:publish.runs')}</h3>
              {moveFailure !== undefined && (
                <>
                  <Text size="sm">{t('designer:publish.moveFailed')}</Text>
                  <Failure error={moveFailure} />
                  <Button
                    mt="sm"
                    variant="default"
                    loading={busy}
                    onClick={() => void move(published.version)}
                  >
                    {t('designer:publish.moveAgain')}
                  </Button>
                </>
              )}
              <VersionRuns definitionKey={definitionKey} next={published.version} />
            </section>
          )}
          <Group justify="flex-end">
            <Button data-autofocus onClick={onClose}>
              {t('common:action.close')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    );
  }
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={t('designer:publish.title', { version: (publishedVersion ?? 0) + 1 })}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        {errors.length > 0 && (
          <Alert color="red" title={t('designer:publish.errors', { count: errors.length })}>
            <FoundList found={errors} focused onShow={show} />
          </Alert>
        )}
        {errors.length === 0 && (
          <Later>
            <ScenarioCheck
              document={document}
              onBroken={setBroken}
              onShow={(scenario) => {
                onClose();
                actions.rehearseScenario(scenario);
              }}
            />
          </Later>
        )}
        {errors.length === 0 && (warnings.length > 0 || broken) && (
          <section className={classes.notice} data-severity="warning">
            <h3 className={classes.blockTitle}>
              <TriangleAlert size={16} className={classes.noticeIcon} aria-hidden />
              {t('designer:publish.warnings', { count: warnings.length + (broken ? 1 : 0) })}
            </h3>
            <FoundList found={warnings} onShow={show} />
            <Checkbox
              mt="sm"
              checked={confirmed}
              label={t('designer:publish.confirm')}
              onChange={(event) => setConfirmed(event.currentTarget.checked)}
            />
          </section>
        )}
        <Textarea
          label={t('designer:publish.note')}
          description={t('designer:publish.noteHelp')}
          {...(errors.length === 0 ? { 'data-autofocus': true } : {})}
          autosize
          minRows={2}
          maxLength={2000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <section aria-label={compared}>
          <h3 className={classes.blockTitle}>{compared}</h3>
          {publishedVersion === null ? (
            <p className={classes.hint}>
              {t('designer:publish.firstSteps', { count: flatten(document).nodes.length })}
            </p>
          ) : before.data ? (
            <ChangeList base={before.data.process} next={document} kinds={kinds} />
          ) : (
            <Delayed>
              <p className={classes.hint}>{t('common:state.loading')}</p>
            </Delayed>
          )}
        </section>
        {publishedVersion !== null && (
          <section aria-label={t('designer:publish.runs')}>
            <h3 className={classes.blockTitle}>{t('designer:publish.runs')}</h3>
            <RunsFate
              version={publishedVersion + 1}
              fate={fate}
              onChange={setFate}
              flush={flush}
              sound={errors.length === 0}
            />
          </section>
        )}
        {failure !== undefined && <Failure error={failure} />}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button
            loading={busy}
            disabled={errors.length > 0 || ((warnings.length > 0 || broken) && !confirmed)}
            onClick={() => void go()}
          >
            {t('designer:publish.act')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

const SHOWN = 6;

/** What was found, each with the step that it is about: choosing one leads there. */
function FoundList(props: {
  readonly found: readonly Finding[];
  /** The first of them gets the focus. */
  readonly focused?: boolean;
  readonly onShow: (finding: Finding) => void;
}) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds } = useDesigner();
  const { found } = props;
  return (
    <ul className={classes.plainList}>
      {found.slice(0, SHOWN).map((finding, at) => {
        const element = finding.node ?? finding.flow;
        return (
          <li key={`${finding.code}${finding.node}${finding.flow}${finding.field}`}>
            {element !== undefined && (
              <>
                <button
                  type="button"
                  className={classes.link}
                  {...(props.focused && at === 0 ? { 'data-autofocus': true } : {})}
                  onClick={() => props.onShow(finding)}
                >
                  {elementName(t, kinds, i18n.language, document, element)}
                </button>{' '}
              </>
            )}
            {findingText(t, finding)}
          </li>
        );
      })}
      {found.length > SHOWN && <li>{t('publish.moreFound', { count: found.length - SHOWN })}</li>}
    </ul>
  );
}

function Failure({ error }: { error: unknown }) {
  const { title, remedy } = errorText(error);
  return (
    <Alert color="red" title={title} role="alert">
      {remedy}
    </Alert>
  );
}
