import {
  Button,
  Checkbox,
  Code,
  ColorInput,
  CopyButton,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Tabs,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { Check, Copy, ExternalLink, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { directoryQuery } from '@/api/queries/directory';
import { pipelinesQuery } from '@/features/crm/queries';
import { useWho } from '@/features/forms/roles';
import { useMay } from '@/features/identity/useSession';
import { Crumbs } from '@/features/shell';
import { languageNames, languages } from '@/i18n';
import { ConfirmDialog, ErrorState, notifyDone, notifyError, Page, PageSkeleton } from '@/ui';
import { LeaveGuard } from '@/ui/LeaveGuard';
import { deleteForm, formQuery, previewForm, type SiteForm, saveForm } from './api';
import { FieldList } from './FieldList';
import classes from './SiteForms.module.css';
import { Submissions } from './Submissions';

/** The builder of one form of the sites, with its live picture and what clients sent. */
export function FormPage() {
  const { formId } = useParams({ from: '/app/forms/$formId' });
  const { data, error, refetch } = useQuery({ ...formQuery(formId), refetchOnWindowFocus: false });
  const [tab, setTab] = useState<string | null>('fields'); // saving begins the builder anew, not the tab
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <PageSkeleton />;
  return <Builder key={`${data.id} ${data.rev}`} stored={data} tab={tab} onTab={setTab} />;
}

type Part<K extends 'style' | 'creates' | 'consent'> = Partial<SiteForm[K]>;

type BuilderProps = { stored: SiteForm; tab: string | null; onTab: (tab: string | null) => void };

function Builder({ stored, tab, onTab }: BuilderProps) {
  const { t } = useTranslation(['siteForms', 'common']);
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayEdit = useMay('automation.edit');
  const [form, setForm] = useState(stored);
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map());
  const [deleting, setDeleting] = useState(false);
  const changed = form !== stored;
  const set = (to: Partial<SiteForm>) => setForm((now) => ({ ...now, ...to }));
  // Two changes may come before the page is drawn again: each begins with what the other made.
  const setStyle = (to: Part<'style'>) => setForm((now) => ({ ...now, style: { ...now.style, ...to } }));
  const setConsent = (to: Part<'consent'>) =>
    setForm((now) => ({ ...now, consent: { ...now.consent, ...to } }));

  const save = useMutation({
    mutationFn: () => saveForm(form),
    onSuccess: (saved) => {
      notifyDone(t('siteForms:saved'));
      setErrors(new Map());
      client.setQueryData(formQuery(saved.id).queryKey, saved);
      void client.invalidateQueries({ queryKey: ['siteForms'], exact: true });
    },
    onError: (error) => {
      const named = isApiError(error) ? error.details.filter((detail) => detail.path) : [];
      setErrors(new Map(named.map(({ path = '', message }) => [path, message])));
      notifyError(error);
    },
  });
  const remove = async () => {
    setDeleting(false);
    try {
      await deleteForm(stored);
      setForm(stored);
      void client.invalidateQueries({ queryKey: ['siteForms'] });
      void navigate({ to: '/settings/forms' });
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <Page
      title={stored.name}
      width="wide"
      actions={
        <Group gap="sm">
          <Switch
            label={t(form.active ? 'siteForms:open' : 'siteForms:closed')}
            checked={form.active}
            disabled={!mayEdit}
            onChange={(event) => set({ active: event.currentTarget.checked })}
          />
          <Button
            component="a"
            href={`/f/${stored.id}`}
            target="_blank"
            rel="noreferrer"
            variant="default"
            leftSection={<ExternalLink size={16} aria-hidden />}
          >
            {t('siteForms:openPage')}
          </Button>
          {mayEdit && (
            <>
              <Button
                variant="default"
                color="red"
                leftSection={<Trash2 size={16} aria-hidden />}
                onClick={() => setDeleting(true)}
              >
                {t('common:action.delete')}
              </Button>
              <Button loading={save.isPending} disabled={!changed} onClick={() => save.mutate()}>
                {t('common:action.save')}
              </Button>
            </>
          )}
        </Group>
      }
    >
      <Crumbs above={[{ to: '/settings/forms', label: t('siteForms:title') }]} here={stored.name} />
      <div className={classes.builder}>
        <Tabs value={tab} onChange={onTab} keepMounted={false}>
          <Tabs.List mb="md">
            <Tabs.Tab value="fields">{t('siteForms:tab.fields')}</Tabs.Tab>
            <Tabs.Tab value="words">{t('siteForms:tab.words')}</Tabs.Tab>
            <Tabs.Tab value="look">{t('siteForms:tab.look')}</Tabs.Tab>
            <Tabs.Tab value="result">{t('siteForms:tab.result')}</Tabs.Tab>
            <Tabs.Tab value="embed">{t('siteForms:tab.embed')}</Tabs.Tab>
            <Tabs.Tab value="sent">{t('siteForms:tab.sent')}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="fields">
            <FieldList
              fields={form.fields}
              recordType={form.creates.type ?? ''}
              errors={errors}
              onChange={(fields) => set({ fields })}
            />
          </Tabs.Panel>
          <Tabs.Panel value="words">
            <Stack gap="md">
              <TextInput
                label={t('siteForms:name')}
                description={t('siteForms:nameHelp')}
                value={form.name}
                error={errors.get('/name')}
                onChange={(event) => set({ name: event.currentTarget.value })}
              />
              <SegmentedControl
                aria-label={t('siteForms:kind')}
                value={form.kind}
                data={(['form', 'callback'] as const).map((value) => ({
                  value,
                  label: t(`siteForms:kinds.${value}`),
                }))}
                onChange={(kind) => set({ kind: kind as SiteForm['kind'] })}
              />
              <Select
                label={t('siteForms:language')}
                allowDeselect={false}
                value={form.language}
                data={languages.map((value) => ({ value, label: languageNames[value] }))}
                onChange={(language) => set({ language: (language ?? 'en') as SiteForm['language'] })}
              />
              <TextInput
                label={t('siteForms:heading')}
                value={form.title}
                error={errors.get('/title')}
                onChange={(event) => set({ title: event.currentTarget.value })}
              />
              <Textarea
                label={t('siteForms:intro')}
                description={t('siteForms:markdown')}
                autosize
                minRows={2}
                value={form.text ?? ''}
                error={errors.get('/text')}
                onChange={(event) => set({ text: event.currentTarget.value })}
              />
              <TextInput
                label={t('siteForms:button')}
                value={form.button ?? ''}
                error={errors.get('/button')}
                onChange={(event) => set({ button: event.currentTarget.value })}
              />
              <Switch
                label={t('siteForms:consent')}
                checked={form.consent.ask ?? false}
                onChange={(event) => setConsent({ ask: event.currentTarget.checked })}
              />
              {form.consent.ask && (
                <>
                  <Textarea
                    label={t('siteForms:consentText')}
                    description={t('siteForms:markdown')}
                    autosize
                    value={form.consent.text ?? ''}
                    error={errors.get('/consent/text')}
                    onChange={(event) => setConsent({ text: event.currentTarget.value })}
                  />
                  <Checkbox
                    label={t('siteForms:consentRequired')}
                    checked={form.consent.required ?? false}
                    onChange={(event) => setConsent({ required: event.currentTarget.checked })}
                  />
                </>
              )}
              <Textarea
                label={t('siteForms:thanks')}
                description={t('siteForms:markdown')}
                autosize
                minRows={2}
                value={form.thanks ?? ''}
                error={errors.get('/thanks')}
                onChange={(event) => set({ thanks: event.currentTarget.value })}
              />
              <TextInput
                label={t('siteForms:redirect')}
                description={t('siteForms:redirectHelp')}
                placeholder="https://example.com/thanks"
                value={form.redirect ?? ''}
                error={errors.get('/redirect')}
                onChange={(event) => set({ redirect: event.currentTarget.value })}
              />
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="look">
            <Stack gap="md">
              {(
                [
                  ['accent', '#2563eb'],
                  ['background', '#ffffff'],
                  ['ink', '#1a2230'],
                ] as const
              ).map(([part, usual]) => (
                <ColorInput
                  key={part}
                  label={t(`siteForms:${part}`)}
                  format="hex"
                  withEyeDropper={false}
                  // It would put the former color back when the next key comes before the page is drawn; saving says what is none.
                  fixOnBlur={false}
                  value={form.style[part] || usual}
                  error={errors.get(`/style/${part}`)}
                  onChange={(color) => setStyle({ [part]: color })}
                />
              ))}
              <NumberInput
                label={t('siteForms:corner')}
                min={0}
                max={24}
                value={form.style.corner}
                onChange={(corner) => setStyle({ corner: Number(corner) || 0 })}
              />
              <Select
                label={t('siteForms:font')}
                allowDeselect={false}
                value={form.style.font || 'system'}
                data={(['system', 'serif', 'rounded', 'mono'] as const).map((value) => ({
                  value,
                  label: t(`siteForms:fonts.${value}`),
                }))}
                onChange={(font) => setStyle({ font: (font ?? 'system') as 'system' })}
              />
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="result">
            <Result form={form} errors={errors} set={set} />
          </Tabs.Panel>
          <Tabs.Panel value="embed">
            <Embed form={form} set={set} errors={errors} />
          </Tabs.Panel>
          <Tabs.Panel value="sent">
            <Submissions form={stored.id} />
          </Tabs.Panel>
        </Tabs>
        <Preview form={form} />
      </div>
      <ConfirmDialog
        opened={deleting}
        onClose={() => setDeleting(false)}
        danger
        title={t('siteForms:deleteTitle', { name: stored.name })}
        text={t('siteForms:deleteText')}
        confirmLabel={t('common:action.delete')}
        onConfirm={() => void remove()}
      />
      <LeaveGuard active={changed && mayEdit} />
    </Page>
  );
}

type TabProps = {
  form: SiteForm;
  errors: ReadonlyMap<string, string>;
  set: (to: Partial<SiteForm>) => void;
};

/** What comes of a submission. */
function Result({ form, errors, set }: TabProps) {
  const { t } = useTranslation(['siteForms', 'settings']);
  const { creates } = form;
  const pipelines = useQuery(pipelinesQuery).data?.items ?? [];
  const directory = useQuery(directoryQuery).data;
  const who = useWho(directory);
  const several =
    !!creates.responsible && !directory?.users.some(({ id }) => id === creates.responsible) && !!directory;
  const types = [...new Set(pipelines.map((one) => one.type))];
  const pipeline = pipelines.find((one) => one.id === creates.pipeline);
  const put = (to: Part<'creates'>) => set({ creates: { ...creates, ...to } });
  const typeName = (type: string) =>
    ['lead', 'deal', 'quote', 'invoice'].includes(type) ? t(`settings:fields.type.${type as 'deal'}`) : type;
  return (
    <Stack gap="md">
      <Select
        label={t('siteForms:makes')}
        description={t('siteForms:makesHelp')}
        allowDeselect={false}
        value={creates.type ?? ''}
        data={[
          { value: '', label: t('siteForms:onlyClient') },
          ...types.map((value) => ({ value, label: typeName(value) })),
        ]}
        onChange={(type) =>
          put({ type: type ?? '', pipeline: pipelines.find((one) => one.type === type)?.id ?? '', stage: '' })
        }
      />
      {creates.type && (
        <>
          <Select
            label={t('siteForms:pipeline')}
            allowDeselect={false}
            value={creates.pipeline ?? null}
            error={errors.get('/creates/pipeline')}
            data={pipelines
              .filter((one) => one.type === creates.type)
              .map((one) => ({ value: one.id, label: one.name }))}
            onChange={(id) => put({ pipeline: id ?? '', stage: '' })}
          />
          <Select
            label={t('siteForms:stage')}
            allowDeselect={false}
            value={creates.stage || (pipeline?.stages[0]?.id ?? null)}
            error={errors.get('/creates/stage')}
            data={(pipeline?.stages ?? []).map((one) => ({ value: one.id, label: one.name }))}
            onChange={(stage) => put({ stage: stage ?? '' })}
          />
          <Select
            label={t('siteForms:responsible')}
            clearable
            searchable
            value={creates.responsible || null}
            error={errors.get('/creates/responsible')}
            description={several ? t('siteForms:inTurn') : undefined}
            data={who.everybody}
            onChange={(responsible) => put({ responsible: responsible ?? '' })}
          />
          <Checkbox
            label={t('siteForms:always')}
            description={t('siteForms:alwaysHelp')}
            checked={creates.always ?? false}
            onChange={(event) => put({ always: event.currentTarget.checked })}
          />
        </>
      )}
      <NumberInput
        label={t('siteForms:minSeconds')}
        description={t('siteForms:minSecondsHelp')}
        min={0}
        max={60}
        value={form.minSeconds ?? 0}
        onChange={(seconds) => set({ minSeconds: Number(seconds) || 0 })}
      />
    </Stack>
  );
}

/** How the form comes to a site. */
function Embed({ form, errors, set }: TabProps) {
  const { t } = useTranslation('siteForms');
  const { origin } = window.location;
  return (
    <Stack gap="lg">
      <Snippet label={t('embedCode')} text={`<script src="${origin}/f/${form.id}.js" async></script>`} />
      <Snippet label={t('pageAddress')} text={`${origin}/f/${form.id}`} />
      <Snippet
        label={t('visitCode')}
        help={t('visitHelp')}
        text={`<script src="${origin}/visit.js" defer></script>`}
      />
      <Textarea
        label={t('sites')}
        description={t('sitesHelp')}
        autosize
        placeholder="https://example.com"
        defaultValue={(form.sites ?? []).join('\n')}
        error={[...errors].find(([path]) => path.startsWith('/sites'))?.[1]}
        onChange={(event) => set({ sites: event.currentTarget.value.split(/\s+/).filter(Boolean) })}
      />
    </Stack>
  );
}

function Snippet({ label, text, help }: { label: string; text: string; help?: string }) {
  const { t } = useTranslation(['siteForms', 'common']);
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs">
        <strong>{label}</strong>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
              onClick={copy}
            >
              {t(copied ? 'siteForms:copied' : 'common:action.copy')}
            </Button>
          )}
        </CopyButton>
      </Group>
      {help && <span>{help}</span>}
      <Code block className={classes.code}>
        {text}
      </Code>
    </Stack>
  );
}

/** The form as clients will see it, also before it is saved. */
function Preview({ form }: { form: SiteForm }) {
  const { t } = useTranslation('siteForms');
  const [shown] = useDebouncedValue(form, 300);
  const [html, setHtml] = useState('');
  useEffect(() => {
    const abort = new AbortController();
    previewForm(shown, abort.signal)
      .then((answer) => setHtml(answer.html))
      .catch(() => undefined); // a half-written form keeps its last picture; saving says what is wrong
    return () => abort.abort();
  }, [shown]);
  return (
    <section className={classes.preview} aria-label={t('preview')}>
      <strong>{t('preview')}</strong>
      <iframe className={classes.frame} title={t('preview')} sandbox="" srcDoc={html} />
    </section>
  );
}
