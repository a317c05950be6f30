import { ActionIcon, Button, Select, Skeleton, Switch, TextInput, Tooltip } from '@mantine/core';
import { Copy, Replace, Trash2, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { kindName } from '@/canvas';
import { SchemaForm } from '@/features/forms';
import { Later, later } from '@/lib/later';
import { attachedOf, indexOf } from '@/lib/process/document';
import { addBoundary, setConfig, setField } from '@/lib/process/edits';
import { type ConfigSchema, isDestructive, triggerKind } from '@/lib/process/kinds';
import { isAnswered } from '@/lib/process/pins';
import type { ProcessNode } from '@/lib/process/types';
import { isWritten } from '@/lib/process/validate';
import { useReleased } from '@/lib/useReleased';
import { GrowingTextarea } from '@/ui/GrowingTextarea';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { KindTile } from '../Palette';
import { descriptorHelp, elementName, findingText } from '../texts';
import { Connections } from './Connections';
import { ColourField, GroupInspector, NoteInspector } from './DecorInspector';
import { EffectEditor } from './EffectEditor';
import { ElementFindings } from './ElementFindings';
import { ElementId } from './ElementId';
import { FlowInspector, OutgoingFlows } from './FlowInspector';
import { OutcomesEditor } from './OutcomesEditor';
import { ProcessInspector } from './ProcessInspector';
import { Quantities } from './Quantities';
import { RepeatEditor } from './RepeatEditor';
import { ScopeEditor } from './ScopeEditor';
import { setTrigger } from './startRecord';
import { TriggerEditor } from './TriggerEditor';

// Only steps with a form need it.
const PinPanel = later(() => import('./PinPanel').then((module) => module.PinPanel));
const FormBuilder = later(() => import('./FormBuilder').then((module) => module.FormBuilder));

/** Right panel: what is selected, and how it is set. Never covers the canvas. */
export function Inspector() {
  const { t } = useTranslation('designer');
  const { selection: wanted, document, seal } = useDesigner();
  // A drag has the frames to itself: what it selects is shown when it ends.
  const selection = useReleased(wanted);
  const { nodes, flows } = indexOf(document);
  const [only] = selection;
  const node = selection.size === 1 && only !== undefined ? nodes.get(only) : undefined;
  const flow = selection.size === 1 && only !== undefined ? flows.get(only) : undefined;
  const note = document.notes?.find(({ id }) => selection.size === 1 && id === only);
  const group = document.groups?.find(({ id }) => selection.size === 1 && id === only);
  return (
    <aside className={classes.inspector} aria-label={t('inspector.title')} data-inspector onBlur={seal}>
      {node ? (
        <NodeInspector key={node.id} node={node} />
      ) : flow ? (
        <FlowInspector key={flow.id} flow={flow} />
      ) : selection.size > 1 ? (
        <Several selection={selection} />
      ) : note ? (
        <NoteInspector key={note.id} note={note} />
      ) : group ? (
        <GroupInspector key={group.id} group={group} />
      ) : (
        <ProcessInspector />
      )}
    </aside>
  );
}

function Several({ selection }: { selection: ReadonlySet<string> }) {
  const { t } = useTranslation('designer');
  return (
    <div className={classes.inspectorBody}>
      <h2 className={classes.panelTitle}>{t('inspector.several', { count: selection.size })}</h2>
      <p className={classes.hint}>{t('inspector.severalHelp')}</p>
      <ColourField ids={selection} />
    </div>
  );
}

/** What waits for something, or starts by it. */
const WAITING = new Set(['startEvent', 'catchEvent', 'boundaryEvent', 'receiveTask']);
/** Boundary triggers that can also leave their step running. */
const STOPPING = new Set(['timer', 'message', 'signal', 'conditional', 'escalation', 'any', 'all']);
const SENDING = new Set(['endEvent', 'throwEvent', 'sendTask']);

/** Starts with what somebody does to a record. */
const BY_CHANGES = new Set(['stageEntered', 'recordCreated', 'recordChanged']);

/** Steps at which people fill in a form. */
const FILLED_IN = new Set(['userTask', 'requestInformation']);

const ACTIVITIES = new Set([
  'task',
  'setVariables',
  'receiveTask',
  'sendTask',
  'userTask',
  'approval',
  'acknowledge',
  'requestInformation',
  'robot',
  'callActivity',
  'subProcess',
]);

function NodeInspector({ node }: { node: ProcessNode }) {
  const { t, i18n } = useTranslation('designer');
  const designer = useDesigner();
  const { kinds, document, run, readOnly, select, definitionKey, actions } = designer;
  const descriptor = kinds.of(node);
  const host = node.attachedTo ? indexOf(document).nodes.get(node.attachedTo) : undefined;
  const around = node.parent === undefined ? undefined : indexOf(document).nodes.get(node.parent);
  const startsByEvent = node.kind === 'startEvent' && around?.event === true;
  const set = (path: string, value: unknown, key = 'history.change'): void => {
    run(
      { key, values: { name: elementName(t, kinds, i18n.language, document, node.id) } },
      (draft) => setField(draft, node.id, path, value),
      { merge: `${path}:${node.id}`, focus: [node.id] },
    );
  };
  return (
    <div className={classes.inspectorBody}>
      <header className={classes.inspectorHead}>
        {descriptor && <KindTile descriptor={descriptor} />}
        <h2 className={`${classes.panelTitle} ${classes.inspectorNames}`}>{kindName(t, kinds, node)}</h2>
        {!readOnly && (
          <div className={classes.iconActions}>
            <Tooltip label={t('command.replace')}>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('command.replace')}
                onClick={() => actions.openReplace(node.id)}
              >
                <Replace size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
            <Tooltip label={t('command.duplicate')}>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('command.duplicate')}
                onClick={actions.duplicate}
              >
                <Copy size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
            <Tooltip label={t('command.delete')}>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('command.delete')}
                onClick={() => actions.remove(true)}
              >
                <Trash2 size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
          </div>
        )}
      </header>
      {descriptor && isDestructive(descriptor) && (
        <p className={classes.notice} data-severity="warning">
          <TriangleAlert size={16} aria-hidden className={classes.noticeIcon} />
          <span className={classes.noticeText}>
            {t('destructive.notice')}
            <span className={classes.noticeHelp}>{descriptorHelp(t, descriptor)}</span>
          </span>
        </p>
      )}
      <ElementFindings id={node.id} />
      <TextInput
        label={t('inspector.name')}
        placeholder={kindName(t, kinds, node)}
        value={node.name ?? ''}
        maxLength={200}
        readOnly={readOnly}
        data-field="name"
        onChange={(event) => set('name', event.currentTarget.value || undefined, 'history.rename')}
      />
      {host && (
        <p className={classes.fact}>
          {t('inspector.attachedTo')}{' '}
          <button type="button" className={classes.link} onClick={() => select([host.id], { reveal: true })}>
            {elementName(t, kinds, i18n.language, document, host.id)}
          </button>
        </p>
      )}
      {WAITING.has(node.kind) &&
        (node.kind !== 'startEvent' || node.parent === undefined || startsByEvent) && (
          <TriggerEditor
            node={node}
            {...(startsByEvent ? { inner: true } : {})}
            onChange={(trigger, stageOf) => {
              run(
                {
                  key: 'history.change',
                  values: { name: elementName(t, kinds, i18n.language, document, node.id) },
                },
                (draft) => setTrigger(draft, node.id, trigger, stageOf),
                { merge: `trigger:${node.id}`, focus: [node.id] },
              );
            }}
          />
        )}
      {SENDING.has(node.kind) && <EffectEditor node={node} onChange={(effect) => set('effect', effect)} />}
      {((node.kind === 'boundaryEvent' && STOPPING.has(triggerKind(node) ?? '')) || startsByEvent) && (
        <Switch
          label={t('inspector.interrupting')}
          description={t('inspector.interruptingHelp')}
          checked={node.interrupting !== false}
          disabled={readOnly}
          onChange={(event) => set('interrupting', event.currentTarget.checked ? undefined : false)}
        />
      )}
      {node.kind === 'subProcess' && <ScopeEditor node={node} onSet={set} />}
      <ConfigForm node={node} definitionKey={definitionKey} />
      {node.kind === 'approval' && <OutcomesEditor node={node} />}
      {FILLED_IN.has(node.kind) && (
        <Later fallback={<Skeleton h={120} />}>
          <FormBuilder node={node} />
        </Later>
      )}
      {isAnswered(node) && (
        <Later fallback={<Skeleton h={60} />}>
          <PinPanel node={node} />
        </Later>
      )}
      {(node.kind === 'exclusiveGateway' || node.kind === 'inclusiveGateway') && (
        <OutgoingFlows node={node} />
      )}
      <Connections node={node} />
      {ACTIVITIES.has(node.kind) && node.event !== true && <Attached node={node} />}
      {ACTIVITIES.has(node.kind) && node.event !== true && <RepeatEditor node={node} onSet={set} />}
      <Quantities node={node} activity={ACTIVITIES.has(node.kind) && node.event !== true} onSet={set} />
      {descriptor?.results && descriptor.results.length > 0 && <Results node={node} />}
      <GrowingTextarea
        label={t('inspector.description')}
        description={t('inspector.descriptionHelp')}
        minRows={2}
        maxRows={8}
        value={node.description ?? ''}
        readOnly={readOnly}
        onChange={(event) => set('description', event.currentTarget.value || undefined)}
      />
      <ColourField ids={[node.id]} />
      {node.disabled && <p className={classes.fact}>{t('inspector.disabled')}</p>}
      <ElementId id={node.id} />
    </div>
  );
}

/** The schema without what has an editor of its own. */
function formSchema(node: ProcessNode, schema: ConfigSchema): ConfigSchema {
  const edited =
    node.kind === 'approval'
      ? 'outcomes'
      : FILLED_IN.has(node.kind)
        ? 'form'
        : // Only who starts with a change of a record can tell who has made it.
          node.kind === 'startEvent' && !BY_CHANGES.has(triggerKind(node) ?? '')
          ? 'byProcesses'
          : undefined;
  if (!edited) return schema;
  const { [edited]: _, ...properties } = schema.properties ?? {};
  return { ...schema, properties, required: schema.required?.filter((field) => field !== edited) };
}

function ConfigForm({ node, definitionKey }: { node: ProcessNode; definitionKey: string }) {
  const { t, i18n } = useTranslation('designer');
  const { kinds, document, findings, run, readOnly } = useDesigner();
  const whole = kinds.of(node)?.schema;
  const schema = useMemo(() => (whole ? formSchema(node, whole) : undefined), [node, whole]);
  const errors = useMemo(
    () =>
      findings
        .filter((finding) => finding.node === node.id && finding.field?.startsWith('config.'))
        .map((finding) => ({
          path: `/${(finding.field as string).slice('config.'.length).replaceAll('.', '/')}`,
          message: findingText(t, finding),
          written: isWritten(finding),
        })),
    [findings, node.id, t],
  );
  if (!schema?.properties || Object.keys(schema.properties).length === 0) return null;
  return (
    <SchemaForm
      schema={schema as Parameters<typeof SchemaForm>[0]['schema']}
      value={node.config ?? {}}
      errors={errors}
      expressions
      scope={{ definitionKey, node: node.id }}
      {...(document.appliesTo ? { recordType: document.appliesTo } : {})}
      readOnly={readOnly}
      idPrefix={`config-${node.id}`}
      onChange={(config, change) =>
        run(
          {
            key: 'history.change',
            values: { name: elementName(t, kinds, i18n.language, document, node.id) },
          },
          (draft) => setConfig(draft, node.id, config),
          { merge: `config:${node.id}:${change.path.join('.')}`, focus: [node.id] },
        )
      }
    />
  );
}

const BOUNDARIES = [
  'boundaryMessage',
  'boundarySignal',
  'boundaryConditional',
  'boundaryEscalation',
  'boundaryCompensation',
  'boundaryCancel',
] as const;

/** Time limits, error branches and other events of an activity. */
function Attached({ node }: { node: ProcessNode }) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, readOnly, run, select } = useDesigner();
  const events = attachedOf(document, node.id);
  const add = (key: string): void => {
    const descriptor = kinds.get(key);
    if (!descriptor) return;
    let made = '';
    run(
      { key: 'history.attach', values: { name: elementName(t, kinds, i18n.language, document, node.id) } },
      (draft) => {
        made = addBoundary(draft, kinds, node.id, descriptor);
      },
      { focus: [node.id] },
    );
    if (made) select([made]);
  };
  return (
    <section className={classes.block} aria-label={t('inspector.attached')}>
      <h3 className={classes.blockTitle}>{t('inspector.attached')}</h3>
      {events.map((event) => (
        <button key={event.id} type="button" className={classes.listRow} onClick={() => select([event.id])}>
          {elementName(t, kinds, i18n.language, document, event.id)}
        </button>
      ))}
      {!readOnly && (
        <div className={classes.rowActions}>
          <Button size="xs" variant="default" onClick={() => add('boundaryTimer')}>
            {t('inspector.addTimeLimit')}
          </Button>
          <Button size="xs" variant="default" onClick={() => add('boundaryError')}>
            {t('inspector.addErrorBranch')}
          </Button>
        </div>
      )}
      {!readOnly && (
        <Select
          size="xs"
          aria-label={t('inspector.addEvent')}
          placeholder={t('inspector.addEvent')}
          value={null}
          data={BOUNDARIES.filter((key) => key !== 'boundaryCancel' || node.transaction === true).map(
            (key) => ({
              value: key,
              label: t(`kind.${key}`),
            }),
          )}
          onChange={(key) => key && add(key)}
        />
      )}
    </section>
  );
}

/** What later steps can read. */
function Results({ node }: { node: ProcessNode }) {
  const { t } = useTranslation('designer');
  const { kinds } = useDesigner();
  const results = kinds.of(node)?.results ?? [];
  const asked =
    node.kind === 'requestInformation' && Array.isArray(node.config?.form) ? node.config.form : [];
  return (
    <section className={classes.block} aria-label={t('inspector.results')}>
      <h3 className={classes.blockTitle}>{t('inspector.results')}</h3>
      <dl className={classes.results}>
        {(asked as { name: string; label?: string; type?: string }[]).map(({ name, label, type }) => (
          <div key={`vars.${name}`}>
            <dt>
              <code>vars.{name}</code>
            </dt>
            <dd>{label || type}</dd>
          </div>
        ))}
        {results.map((result) => (
          <div key={result.name}>
            <dt>
              <code>
                steps.{node.id}.{result.name}
              </code>
            </dt>
            <dd>{result.title ?? result.type}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
