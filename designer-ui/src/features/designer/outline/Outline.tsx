import { ActionIcon } from '@mantine/core';
import { CornerDownRight, Frame, MoreVertical, StickyNote, TriangleAlert, Undo2 } from 'lucide-react';
import { type KeyboardEvent, type MouseEvent, memo, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { iconOf, kindName, NameField, nodeText, type Presence, portLabel } from '@/canvas';
import { announce } from '@/lib/live';
import { indexOf } from '@/lib/process/document';
import { refusal } from '@/lib/process/edits';
import { colourOf, noteTitle } from '@/lib/process/notes';
import { type Line, outlineOf } from '@/lib/process/outline';
import { isContainer, isOpen } from '@/lib/process/scopes';
import { conditionOf, type Flow, type ProcessDocument } from '@/lib/process/types';
import { marksOf } from '@/lib/process/validate';
import { UserAvatar } from '@/ui';
import { useDesigner } from '../DesignerContext';
import type { MenuTarget } from '../NodeMenu';
import { type DesignerT, elementName } from '../texts';
import classes from './Outline.module.css';

interface OutlineProps {
  readonly highlight: ReadonlySet<string> | undefined;
  readonly presence: ReadonlyMap<string, readonly Presence[]>;
  readonly onMenu: (target: MenuTarget) => void;
}

/**
 * The process as a tree of lines in the order of its flow. It shows and changes the same document by the same commands
 * as the canvas, and needs neither a pointer nor eyes.
 */
export function Outline({ highlight, presence, onMenu }: OutlineProps) {
  const { t } = useTranslation('designer');
  const designer = useDesigner();
  const { document, selection, select, connecting, actions, renaming, onRenamed, readOnly } = designer;
  const lines = useMemo(() => outlineOf(document), [document]);
  const [current, setCurrent] = useState<string>();
  const box = useRef<HTMLDivElement>(null);
  const [only] = selection;
  const wanted = connecting?.to ?? (selection.size === 1 ? only : undefined);

  // The line of what is selected is the one that the keyboard is at.
  const at = useMemo(() => {
    const known = lines.find((line) => line.key === current);
    if (wanted === undefined || (known && known.id === wanted)) return known ?? lines[0];
    return lines.find((line) => line.id === wanted) ?? known ?? lines[0];
  }, [lines, current, wanted]);
  const focusedKey = at?.key;
  useEffect(() => {
    const active = window.document.activeElement;
    const inside = active === window.document.body || box.current?.contains(active);
    if (!inside || focusedKey === undefined || active?.closest('input, textarea')) return;
    lineElement(box.current, focusedKey)?.focus();
  }, [focusedKey]);
  // A note has several lines: it is written in the panel.
  useEffect(() => {
    if (renaming === undefined || !document.notes?.some((note) => note.id === renaming)) return;
    onRenamed(renaming, undefined);
    requestAnimationFrame(actions.openPanel);
  }, [renaming, document, onRenamed, actions]);

  const go = (line: Line | undefined): void => {
    if (!line) return;
    setCurrent(line.key);
    const node = indexOf(document).nodes.has(line.id);
    if (node) actions.goTo(line.id);
    else if (!connecting) {
      select([line.id]);
      // Lines of the same element are told apart by the focus.
      lineElement(box.current, line.key)?.focus();
    }
  };
  const extend = (line: Line | undefined): void => {
    if (!line) return;
    setCurrent(line.key);
    const next = new Set([...selection, at?.id ?? line.id, line.id]);
    select(next);
    announce(t('inspector.several', { count: next.size }));
    lineElement(box.current, line.key)?.focus();
  };
  const toggle = (line: Line): void => {
    const next = new Set(selection);
    if (!next.delete(line.id)) next.add(line.id);
    setCurrent(line.key);
    select(next);
    announce(t('inspector.several', { count: next.size }));
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || !at) return;
    if ((event.target as Element).closest('input, textarea')) return;
    const position = lines.indexOf(at);
    const step = event.shiftKey && !connecting ? extend : go;
    switch (event.key) {
      case 'ArrowDown':
        step(lines[position + 1]);
        break;
      case 'ArrowUp':
        step(lines[position - 1]);
        break;
      case 'ArrowRight':
        if (event.shiftKey) return;
        go(at.parent ? lines[position + 1] : undefined);
        break;
      case 'ArrowLeft':
        if (event.shiftKey) return;
        go(lines.slice(0, position).findLast((line) => line.level < at.level));
        break;
      case 'Home':
        go(lines[0]);
        break;
      case 'End':
        go(lines.at(-1));
        break;
      case ' ':
        toggle(at);
        break;
      case 'Enter':
        if (connecting || at.kind !== 'goto' || at.to === undefined) return;
        go(lines.find((line) => line.kind === 'step' && line.id === at.to));
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  const onClick = (line: Line, event: MouseEvent): void => {
    if (connecting && line.kind === 'step') actions.connectTo(line.id);
    else if (event.ctrlKey || event.metaKey || event.shiftKey) toggle(line);
    else go(line);
  };
  const marks = useMemo(() => marksOf(designer.findings), [designer.findings]);
  return (
    <div className={classes.outline} data-outline data-command-scope="canvas" ref={box}>
      {lines.length === 0 ? (
        <p className={classes.none}>{t('outline.empty')}</p>
      ) : (
        <div
          role="tree"
          className={classes.tree}
          aria-label={t('outline.label', { name: document.name })}
          aria-multiselectable
          onKeyDown={onKeyDown}
        >
          {lines.map((line) => (
            <LineView
              key={line.key}
              line={line}
              document={document}
              active={line.key === at?.key}
              selected={selection.has(line.id)}
              target={connecting?.to === line.id && line.kind === 'step'}
              refused={
                connecting !== undefined &&
                line.kind === 'step' &&
                refusal(document, designer.kinds, connecting.from, line.id, connecting.port) !== undefined
              }
              dim={highlight !== undefined && !highlight.has(line.id)}
              mark={marks.get(line.id)?.severity}
              people={line.kind === 'goto' ? undefined : presence.get(line.id)}
              renaming={renaming === line.id && line.kind !== 'note' && !readOnly}
              onClick={onClick}
              onMenu={onMenu}
              onRenamed={onRenamed}
            />
          ))}
        </div>
      )}
    </div>
  );
}

function lineElement(box: HTMLElement | null, key: string): HTMLElement | null {
  return box?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? null;
}

interface LineViewProps {
  readonly line: Line;
  readonly document: ProcessDocument;
  readonly active: boolean;
  readonly selected: boolean;
  readonly target: boolean;
  readonly refused: boolean;
  readonly dim: boolean;
  readonly mark: 'error' | 'warning' | undefined;
  readonly people: readonly Presence[] | undefined;
  readonly renaming: boolean;
  readonly onClick: (line: Line, event: MouseEvent) => void;
  readonly onMenu: (target: MenuTarget) => void;
  readonly onRenamed: (id: string, text: string | undefined) => void;
}

const LineView = memo(function LineView(props: LineViewProps) {
  const { line, document, active, selected, onMenu } = props;
  const { t, i18n } = useTranslation('designer');
  const { kinds } = useDesigner();
  const node = line.kind === 'step' ? indexOf(document).nodes.get(line.id) : undefined;
  const name = lineName(t, kinds, i18n.language, document, line);
  const detail = node ? nodeText(t, kinds, i18n.language, node).subtitle : '';
  const kind = node ? kindName(t, kinds, node) : t(`outline.${line.kind as 'way'}`);
  const colour = colourOf(document, line.id);
  const row = useRef<HTMLDivElement>(null);
  const menuAt = (x: number, y: number): void => onMenu({ x, y, at: [0, 0], id: line.id });
  const Icon = node ? iconOf(kinds.icon(node)) : ICONS[line.kind];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys.
    <div
      ref={row}
      role="treeitem"
      className={classes.line}
      style={{ paddingInlineStart: 8 + (line.level - 1) * 20 }}
      aria-level={line.level}
      aria-posinset={line.position}
      aria-setsize={line.siblings}
      aria-selected={selected}
      {...(node && isContainer(node) ? { 'aria-expanded': isOpen(document, node) } : {})}
      tabIndex={active ? 0 : -1}
      data-key={line.key}
      data-line={line.kind === 'goto' ? undefined : line.id}
      data-kind={line.kind}
      data-target={props.target || undefined}
      data-refused={props.refused || undefined}
      data-dim={props.dim || undefined}
      data-disabled={node?.disabled || undefined}
      onClick={(event) => props.onClick(line, event)}
      onContextMenu={(event) => {
        event.preventDefault();
        const rect = event.currentTarget.getBoundingClientRect();
        // Opened by the keyboard it has no place of its own.
        if (event.clientX === 0 && event.clientY === 0) menuAt(rect.left + 48, rect.bottom);
        else menuAt(event.clientX, event.clientY);
      }}
    >
      <span
        className={classes.icon}
        style={
          node
            ? ({
                '--kind': colour ? `var(--fx-colour-${colour})` : `var(--fx-kind-${kinds.look(node)})`,
              } as React.CSSProperties)
            : undefined
        }
      >
        <Icon size={15} aria-hidden />
      </span>
      {props.renaming ? (
        <NameField
          className={classes.name ?? ''}
          value={node?.name ?? document.groups?.find(({ id }) => id === line.id)?.name ?? ''}
          label={t('inspector.name')}
          onDone={(text) => {
            props.onRenamed(line.id, text);
            // The field is gone then; who went elsewhere stays there.
            requestAnimationFrame(() => {
              if (window.document.activeElement === window.document.body) row.current?.focus();
            });
          }}
        />
      ) : (
        <span className={classes.text}>
          <span className={classes.title}>{name}</span>
          <span className={classes.detail}>
            {node ? (
              detail === '' ? (
                name === kind ? (
                  ''
                ) : (
                  kind
                )
              ) : (
                detail
              )
            ) : (
              <span className="fx-visually-hidden">{kind}</span>
            )}
          </span>
          {node?.disabled && <span className={classes.state}>{t('outline.disabled')}</span>}
        </span>
      )}
      {props.people?.map((person) => (
        <span key={person.id} className={classes.person} title={t('people.here', { name: person.name })}>
          <UserAvatar name={person.name} size={20} />
          <span className="fx-visually-hidden">{t('people.here', { name: person.name })}</span>
        </span>
      ))}
      {props.mark && (
        <span className={classes.mark} data-severity={props.mark}>
          <TriangleAlert size={14} aria-label={t(`severity.${props.mark}`)} />
        </span>
      )}
      <ActionIcon
        className={classes.more}
        variant="subtle"
        color="gray"
        tabIndex={-1}
        aria-label={t('outline.actions', { name })}
        onClick={(event) => {
          event.stopPropagation();
          const rect = event.currentTarget.getBoundingClientRect();
          menuAt(rect.left, rect.bottom);
        }}
      >
        <MoreVertical size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
});

const ICONS = {
  step: Frame,
  way: CornerDownRight,
  goto: Undo2,
  note: StickyNote,
  group: Frame,
} as const;

/** "Approved", or "otherwise" for the way that is taken when no condition holds. */
function wayText(t: DesignerT, document: ProcessDocument, flow: Flow): string {
  const source = indexOf(document).nodes.get(flow.from);
  const exit = flow.port === undefined ? undefined : portLabel(t, source?.config?.outcomes, flow.port);
  const words = flow.name ?? exit ?? conditionOf(flow);
  if (source?.default === flow.id)
    return words === '' ? t('outline.otherwise') : `${words} (${t('outline.otherwise')})`;
  return words === '' ? t('outline.wayOut') : words;
}

function lineName(
  t: DesignerT,
  kinds: Parameters<typeof elementName>[1],
  language: string,
  document: ProcessDocument,
  line: Line,
): string {
  const name = (id: string): string => elementName(t, kinds, language, document, id);
  const flow = indexOf(document).flows.get(line.id);
  switch (line.kind) {
    case 'way':
      if (!flow) return line.id;
      return line.to === undefined
        ? wayText(t, document, flow)
        : t('outline.wayTo', { way: wayText(t, document, flow), name: name(line.to) });
    case 'goto':
      return t('outline.goesOn', { name: name(line.to ?? '') });
    case 'note': {
      const note = document.notes?.find(({ id }) => id === line.id);
      return (note && noteTitle(note)) || t('note.empty');
    }
    case 'group': {
      const group = document.groups?.find(({ id }) => id === line.id);
      const names = (group?.nodes ?? []).map(name).join(', ');
      return t('outline.groupOf', { name: group?.name || t('group.fresh'), steps: names });
    }
    default:
      return name(line.id);
  }
}
