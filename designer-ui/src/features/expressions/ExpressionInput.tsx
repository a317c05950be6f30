import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { type Diagnostic, linter } from '@codemirror/lint';
import { Annotation, Compartment, EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, placeholder as placeholderText } from '@codemirror/view';
import { ActionIcon, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Braces } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { secretsQuery } from '@/api/queries/secrets';
import { checkExpression, completeExpression, type ExpressionFinding } from './api';
import { type ChipLabel, chipLabels, chips, SECRET_PATH } from './chips';
import classes from './ExpressionInput.module.css';
import { expressionHighlight } from './highlight';
import { type Told, typesOnHover } from './hover';
import { useInlineProcess } from './inline';
import { plainPath, useNames, useNaming } from './names';
import { Preview } from './Preview';
import { type Insertion, ValuePicker } from './ValuePicker';

/** Where the expression is evaluated: decides which names it may use. */
export type ExpressionScope = { definitionKey?: string; node?: string };

export type ExpressionInputProps = {
  id?: string;
  value: string;
  onChange: (value: string) => void;
  scope?: ExpressionScope;
  /** Text with {{ }} instead of a bare expression. */
  template?: boolean;
  /** Whether the text may name secrets: whoever sends it puts them in. */
  secrets?: boolean;
  readOnly?: boolean;
  placeholder?: string;
  'aria-label'?: string;
  'aria-describedby'?: string;
};

/** Marks changes that come from outside, which must not be reported back. */
const fromOutside = Annotation.define<boolean>();
const CHECK_DELAY_MS = 250;

const theme = EditorView.theme({
  '&': { fontSize: '13px', color: 'var(--fx-text)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--fx-font-mono)', lineHeight: '20px' },
  '.cm-content': { padding: '6px 0', caretColor: 'var(--fx-text)' },
  '.cm-line': { padding: '0 10px' },
  '.cm-placeholder': { color: 'var(--fx-text-muted)' },
  '.cm-cursor': { borderLeftColor: 'var(--fx-text)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection': {
    backgroundColor: 'color-mix(in srgb, var(--fx-brand) 25%, transparent) !important',
  },
  '.cm-tooltip': {
    border: '1px solid var(--fx-line)',
    borderRadius: '8px',
    overflow: 'hidden',
    backgroundColor: 'var(--fx-bg-raised)',
    color: 'var(--fx-text)',
    boxShadow: 'var(--fx-shadow-popover)',
    zIndex: '400',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--fx-font-mono)',
    fontSize: '12px',
    maxHeight: '240px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '4px 10px', lineHeight: '18px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--fx-bg-selected)',
    color: 'var(--fx-text)',
  },
  '.cm-completionDetail': { color: 'var(--fx-text-muted)', fontStyle: 'normal', marginLeft: '10px' },
  '.cm-completionInfo': { padding: '6px 10px', maxWidth: '280px', fontSize: '12px' },
  '.cm-told': { padding: '6px 10px', maxWidth: '320px', fontSize: '12px', lineHeight: '18px' },
  '.cm-diagnostic': { padding: '4px 8px', fontSize: '12px' },
});

/** One-line expressions grow with their text but take no line breaks by Enter: Enter belongs to the form. */
const singleLine: Extension = keymap.of([{ key: 'Enter', run: () => true }]);

function toDiagnostic(finding: ExpressionFinding, length: number): Diagnostic {
  const from = Math.min(Math.max(0, finding.from ?? 0), length);
  const to = Math.min(Math.max(finding.to ?? length, from + 1), length);
  return { from: Math.min(from, to), to, severity: 'error', message: finding.message };
}

/** Whether a text ends inside of an open placeholder. */
function insidePlaceholder(before: string): boolean {
  return before.lastIndexOf('{{') > before.lastIndexOf('}}');
}

/** Editor of one expression or template: completion, errors while typing, and what it gives for a real record. */
export function ExpressionInput(props: ExpressionInputProps) {
  const { value, scope, template = false, readOnly = false, placeholder, secrets = false } = props;
  const { t } = useTranslation('designer');
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [findings, setFindings] = useState<readonly ExpressionFinding[]>([]);
  const [focused, setFocused] = useState(false);
  const [picking, setPicking] = useState<DOMRect>();
  const box = useRef<HTMLDivElement>(null);
  const naming = useNaming();
  const names = useNames(scope);
  const compartment = useMemo(() => new Compartment(), []);
  const labels = useMemo(() => new Compartment(), []);
  const definitionKey = scope?.definitionKey;
  const node = scope?.node;
  const inline = useInlineProcess();
  const around = useRef(inline.body);
  around.current = inline.body;

  const open = useCallback((): boolean => {
    if (!definitionKey || readOnly || !box.current) return false;
    setPicking(box.current.getBoundingClientRect());
    return true;
  }, [definitionKey, readOnly]);
  const tell = (path: string): Told | undefined => {
    const known = names.byPath.get(plainPath(path));
    if (known) {
      const sample =
        known.sample === undefined ? '' : ` · ${t('value.sampleValue', { value: known.sample })}`;
      return { title: naming.label(known), detail: `${naming.type(known)}${sample}` };
    }
    const call = names.functions.find(({ name }) => name === path);
    return call && { title: call.signature, detail: call.doc };
  };
  const kept = useQuery({ ...secretsQuery, enabled: secrets }).data?.items;
  const chipLabel: ChipLabel = (path) => {
    if (path.startsWith(SECRET_PATH)) {
      if (!secrets) return undefined;
      const id = path.slice(SECRET_PATH.length);
      const label = t('value.secretChip', { name: kept?.find((one) => one.id === id)?.name ?? id });
      return { label, spoken: label };
    }
    const known = names.byPath.get(plainPath(path));
    if (!known) return undefined;
    const label = naming.label(known);
    return { label, spoken: t('value.chip', { name: label }) };
  };
  const shown = useRef({ tell, chipLabel });
  shown.current = { tell, chipLabel };

  useEffect(() => {
    const parent = host.current;
    if (!parent) return;
    const complete = async (context: CompletionContext): Promise<CompletionResult | null> => {
      const word = context.matchBefore(/[A-Za-z_][\w]*/);
      const before = context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos);
      if (!context.explicit && !word && before !== '.' && !(template && before === '{')) return null;
      const items = await completeExpression({
        source: context.state.doc.toString(),
        offset: context.pos,
        template,
        ...(definitionKey ? { definitionKey } : {}),
        ...(node ? { node } : {}),
        ...around.current,
      });
      if (items.length === 0 || context.aborted) return null;
      return {
        from: word?.from ?? context.pos,
        validFor: /^\w*$/,
        options: items.map((item) => ({
          label: item.label,
          type: item.type,
          ...(item.detail ? { detail: item.detail } : {}),
          // What a process knows comes before what can be done with it.
          ...(item.type === 'function' ? { apply: `${item.label}(`, boost: -1 } : {}),
        })),
      };
    };
    const check = async (editor: EditorView): Promise<readonly Diagnostic[]> => {
      const source = editor.state.doc.toString();
      if (source.trim() === '') {
        setFindings([]);
        return [];
      }
      const found = await checkExpression({
        source,
        template,
        ...(definitionKey ? { definitionKey } : {}),
        ...(node ? { node } : {}),
        ...around.current,
      });
      if (editor.state.doc.toString() !== source) return [];
      setFindings(found);
      return found.map((finding) => toDiagnostic(finding, source.length));
    };
    const attributes = (): Record<string, string> => {
      const { id, 'aria-label': label, 'aria-describedby': describedBy } = latest.current;
      return {
        ...(id ? { id } : {}),
        ...(label ? { 'aria-label': label } : {}),
        ...(describedBy ? { 'aria-describedby': describedBy } : {}),
        spellcheck: 'false',
      };
    };
    const editor = new EditorView({
      parent,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          compartment.of([EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)]),
          template ? [] : singleLine,
          history(),
          bracketMatching(),
          closeBrackets(),
          expressionHighlight(template),
          autocompletion({ override: [complete], icons: false, activateOnTypingDelay: 60 }),
          linter(check, { delay: CHECK_DELAY_MS }),
          typesOnHover((path) => shown.current.tell(path)),
          labels.of(chipLabels.of((path) => shown.current.chipLabel(path))),
          template ? chips() : [],
          keymap.of([{ key: 'Mod-i', run: open, preventDefault: true }]),
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of(attributes),
          placeholder ? placeholderText(placeholder) : [],
          theme,
          EditorView.updateListener.of((update) => {
            if (
              update.docChanged &&
              !update.transactions.some((transaction) => transaction.annotation(fromOutside))
            ) {
              latest.current.onChange(update.state.doc.toString());
            }
            if (update.focusChanged) setFocused(update.view.hasFocus);
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      view.current = undefined;
      editor.destroy();
    };
  }, [compartment, labels, open, definitionKey, node, template, readOnly, placeholder]);

  // The names came, or changed, or are said in another language.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what chips are called depends on these.
  useEffect(() => {
    view.current?.dispatch({
      effects: labels.reconfigure(chipLabels.of((path) => shown.current.chipLabel(path))),
    });
  }, [labels, names, kept, t]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: value },
      annotations: fromOutside.of(true),
    });
  }, [value]);

  const insert = ({ text, back, value: isValue }: Insertion): void => {
    setPicking(undefined);
    const editor = view.current;
    if (!editor) return;
    const { from, to } = editor.state.selection.main;
    const inside = !template || insidePlaceholder(editor.state.sliceDoc(0, from));
    const insertion = inside ? text : `{{ ${text} }}`;
    const end = from + insertion.length;
    editor.dispatch({
      changes: { from, to, insert: insertion },
      selection: { anchor: isValue || back === 0 ? end : end - back - (inside ? 0 : 3) },
      scrollIntoView: true,
      userEvent: 'input.insert',
    });
    editor.focus();
  };
  const leave = useCallback((refocus: boolean): void => {
    setPicking(undefined);
    if (refocus) view.current?.focus();
  }, []);

  const [first] = findings;
  return (
    <div className={classes.wrap}>
      <div
        ref={box}
        className={classes.box}
        data-template={template || undefined}
        data-invalid={findings.length > 0 || undefined}
        data-readonly={readOnly || undefined}
      >
        {!template && (
          <span className={classes.mark} aria-hidden>
            =
          </span>
        )}
        <div ref={host} className={classes.editor} />
        {definitionKey && !readOnly && (
          <Tooltip label={t('value.insertKeys')}>
            <ActionIcon
              className={classes.insert}
              variant="subtle"
              color="gray"
              size={28}
              aria-label={t('value.insert')}
              aria-keyshortcuts="Control+I"
              aria-haspopup="dialog"
              onClick={open}
            >
              <Braces size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      {picking && definitionKey && (
        <ValuePicker
          names={names}
          definitionKey={definitionKey}
          anchor={picking}
          secrets={secrets ? kept : undefined}
          onChoose={insert}
          onClose={leave}
        />
      )}
      {first ? (
        <p className={classes.error} role="status">
          {first.message}
          {findings.length > 1 && ` ${t('expression.more', { count: findings.length - 1 })}`}
        </p>
      ) : (
        focused &&
        value.trim() !== '' &&
        definitionKey && <Preview source={value} template={template} definitionKey={definitionKey} />
      )}
    </div>
  );
}
