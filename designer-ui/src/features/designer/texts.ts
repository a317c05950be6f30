import type { TFunction } from 'i18next';
import { kindName, nodeText, portLabel } from '@/canvas';
import type { EntryLabel } from '@/lib/history';
import { indexOf } from '@/lib/process/document';
import type { ConfigSchema, KindDescriptor, KindTable } from '@/lib/process/kinds';
import { conditionOf, type ProcessDocument, type ProcessNode } from '@/lib/process/types';
import { CODES, type Finding } from '@/lib/process/validate';
import { fold, relevance } from './fold';

export type DesignerT = TFunction<'designer'>;

/** Keys made at run time: the catalogue is checked by a test, so a missing one cannot slip through. */
type AnyKey = 'kind.userTask';

/** Name of a kind in palette and picker. */
export function descriptorName(t: DesignerT, descriptor: KindDescriptor): string {
  const own = t(`kind.${descriptor.key}` as AnyKey, { defaultValue: '' });
  return own || descriptor.name || descriptor.key;
}

export function descriptorHelp(t: DesignerT, descriptor: KindDescriptor): string {
  return descriptor.help ?? t(`kindHelp.${descriptor.key}` as AnyKey, { defaultValue: '' });
}

/** What else people call it, for searching. */
function descriptorWords(t: DesignerT, descriptor: KindDescriptor): string[] {
  return t(`kindWords.${descriptor.key}` as AnyKey, { defaultValue: '' })
    .split(',')
    .map(fold)
    .filter(Boolean);
}

/** What a search for steps looks at. */
export function searchedText(t: DesignerT, descriptor: KindDescriptor): string {
  const { key, category } = descriptor;
  return fold(
    [
      descriptorName(t, descriptor),
      categoryName(t, category),
      descriptorHelp(t, descriptor),
      ...descriptorWords(t, descriptor),
      key,
    ].join(' '),
  );
}

/** How well a kind answers a folded search: by its name, or as one of its other names begins, which is nearly as good. */
export function kindRelevance(t: DesignerT, descriptor: KindDescriptor, wanted: string): number {
  const known = descriptorWords(t, descriptor).some((word) => word.startsWith(wanted));
  return Math.min(relevance(fold(descriptorName(t, descriptor)), wanted), known ? 1.5 : 4);
}

export function categoryName(t: DesignerT, category: string): string {
  return t(`category.${category}` as AnyKey, { defaultValue: category });
}

/** "Undo move 3 steps" without the first word. */
export function labelText(t: DesignerT, label: EntryLabel): string {
  return t(label.key as AnyKey, { ...label.values });
}

/** How a finding or a change names its element. */
export function elementName(
  t: DesignerT,
  kinds: KindTable,
  language: string,
  document: ProcessDocument,
  id: string,
): string {
  const { nodes, flows } = indexOf(document);
  const node = nodes.get(id);
  if (node) return nodeText(t, kinds, language, node).title;
  const flow = flows.get(id);
  if (!flow) return id;
  const end = (end: string): string => {
    const at = nodes.get(end);
    return at ? nodeText(t, kinds, language, at).title : end;
  };
  const exit =
    flow.port === undefined ? undefined : portLabel(t, nodes.get(flow.from)?.config?.outcomes, flow.port);
  const condition = flow.name ?? exit ?? conditionOf(flow);
  return condition
    ? t('element.flowNamed', { from: end(flow.from), to: end(flow.to), name: condition })
    : t('element.flow', { from: end(flow.from), to: end(flow.to) });
}

interface ConfigPlace {
  /** What the form calls the field and those it is in, outermost first. */
  readonly titles: readonly string[];
  readonly schema: ConfigSchema | undefined;
}

/** A field of a step's settings: its names and its schema. */
export function configPlace(kinds: KindTable, node: ProcessNode, path: readonly string[]): ConfigPlace {
  let schema = kinds.of(node)?.schema;
  const titles: string[] = [];
  for (const part of path) {
    const ways: ConfigSchema[] = schema ? [schema, ...((schema.anyOf ?? []) as ConfigSchema[])] : [];
    const inner = ways.map((way) => way.properties?.[part] ?? (/^\d+$/.test(part) ? way.items : undefined));
    schema = inner.find((found) => found !== undefined);
    // Rows of a list are known by what they are in.
    if (schema?.title && !/^\d+$/.test(part)) titles.push(schema.title);
  }
  return { titles, schema };
}

/** What the form calls a field of a step, such as `config.to.0`; undefined for what has no words. */
export function fieldName(kinds: KindTable, document: ProcessDocument, finding: Finding): string | undefined {
  const [root, ...path] = finding.field?.split('.') ?? [];
  const node = indexOf(document).nodes.get(finding.node ?? '');
  const titles = root === 'config' && node ? configPlace(kinds, node, path).titles : [];
  return titles.length > 0 ? titles.join(' › ') : undefined;
}

const own = new Set<string>(CODES);

export function findingText(t: DesignerT, finding: Finding): string {
  if (finding.message) return finding.message;
  if (!own.has(finding.code)) return finding.code;
  // Some codes stand for several omissions, each in words of its own.
  return t(`finding.${finding.values?.text ?? finding.code}` as AnyKey, { ...finding.values });
}

/** Why it matters and what to do. */
export function findingHelp(t: DesignerT, finding: Finding): string {
  return finding.remedy || t(`findingHelp.${finding.code}` as AnyKey, { defaultValue: '' });
}

export { kindName };
