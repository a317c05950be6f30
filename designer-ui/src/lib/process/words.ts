import type { ProcessDocument, ProcessNode } from './types';

/** Words of one language for what expressions say; the texts hold `{{x}}` and `{{y}}`. */
export interface Vocabulary {
  readonly text: (key: WordKey, values?: Record<string, string>) => string;
  /** Names of people and groups by id; undefined when unknown. */
  readonly person: (id: string) => string | undefined;
  readonly group: (id: string) => string | undefined;
  /** Name of a field of the record. */
  readonly field: (name: string) => string | undefined;
  /** What a step is called. */
  readonly step: (id: string) => string;
}

export type WordKey =
  | 'and'
  | 'or'
  | 'not'
  | 'yes'
  | 'no'
  | 'nothing'
  | 'is'
  | 'isNot'
  | 'more'
  | 'least'
  | 'less'
  | 'most'
  | 'contains'
  | 'head'
  | 'members'
  | 'count'
  | 'of'
  | 'starter'
  | 'now'
  | 'today';

type Token = { readonly kind: 'name' | 'number' | 'text' | 'sign'; readonly text: string };

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\d+(?:\.\d+)?)|([A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)*)|(&&|\|\||==|!=|>=|<=|\?\?|[<>!()+\-*/,?:[\]{}|%]))/y;

function tokens(source: string): Token[] | undefined {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = source.trimEnd();
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed);
    if (!match) return undefined;
    const [, text, number, name, sign] = match;
    if (text !== undefined) found.push({ kind: 'text', text: text.slice(1, -1) });
    else if (number !== undefined) found.push({ kind: 'number', text: number });
    else if (name !== undefined) found.push({ kind: 'name', text: name.replaceAll('?.', '.') });
    else found.push({ kind: 'sign', text: sign as string });
  }
  return found;
}

const COMPARISONS: Readonly<Record<string, WordKey>> = {
  '==': 'is',
  '!=': 'isNot',
  '>': 'more',
  '>=': 'least',
  '<': 'less',
  '<=': 'most',
  contains: 'contains',
};

class Unsaid extends Error {}

/** Says the common part of the language in words: comparisons joined by and, or, not. Everything else is `Unsaid`. */
class Speaker {
  private at = 0;

  constructor(
    private readonly list: readonly Token[],
    private readonly document: ProcessDocument,
    private readonly words: Vocabulary,
  ) {}

  say(): string {
    const said = this.either();
    if (this.at < this.list.length) throw new Unsaid();
    return said;
  }

  private take(...signs: string[]): string | undefined {
    const token = this.list[this.at];
    if (!token || (token.kind !== 'sign' && token.kind !== 'name') || !signs.includes(token.text))
      return undefined;
    this.at++;
    return token.text;
  }

  private either(): string {
    let said = this.both();
    while (this.take('||', 'or')) said = `${said} ${this.words.text('or')} ${this.both()}`;
    return said;
  }

  private both(): string {
    let said = this.compared();
    while (this.take('&&', 'and')) said = `${said} ${this.words.text('and')} ${this.compared()}`;
    return said;
  }

  private compared(): string {
    if (this.take('!', 'not')) return this.words.text('not', { x: this.compared() });
    const x = this.value();
    const sign = this.take(...Object.keys(COMPARISONS));
    if (!sign) return x;
    return this.words.text(COMPARISONS[sign] as WordKey, { x, y: this.value() });
  }

  private value(): string {
    const token = this.list[this.at];
    if (!token) throw new Unsaid();
    this.at++;
    if (token.kind === 'number') return token.text;
    if (token.kind === 'text') return token.text === '' ? this.words.text('nothing') : `“${token.text}”`;
    if (token.kind === 'sign') {
      if (token.text !== '(') throw new Unsaid();
      const said = this.either();
      if (!this.take(')')) throw new Unsaid();
      return `(${said})`;
    }
    if (this.list[this.at]?.text === '(' && this.list[this.at]?.kind === 'sign') return this.call(token.text);
    const said = this.name(token.text);
    // A value in place of a missing one adds nothing to the sentence.
    if (this.take('??')) this.value();
    return said;
  }

  private call(name: string): string {
    this.at++;
    const given = this.list[this.at];
    if (this.take(')')) {
      if (name === 'today') return this.words.text('today');
      throw new Unsaid();
    }
    const literal = given?.kind === 'text' ? given.text : undefined;
    const said = this.either();
    if (!this.take(')')) throw new Unsaid();
    switch (name) {
      case 'head':
        return this.words.text('head', { x: (literal && this.words.person(literal)) || said });
      case 'members':
        return this.words.text('members', { x: (literal && this.words.group(literal)) || said });
      case 'user':
        return (literal && this.words.person(literal)) || said;
      case 'len':
        return this.words.text('count', { x: said });
      default:
        throw new Unsaid();
    }
  }

  private name(path: string): string {
    const [root, first = '', ...rest] = path.split('.');
    switch (root) {
      case 'true':
        return this.words.text('yes');
      case 'false':
        return this.words.text('no');
      case 'nil':
      case 'null':
        return this.words.text('nothing');
      case 'now':
        return this.words.text('now');
      case 'vars':
      case 'params':
      case 'const':
        return labelOf(this.document, first) ?? first;
      case 'run':
        if (first === 'startedBy') return this.words.text('starter');
        throw new Unsaid();
      case 'record':
        return this.words.field([first, ...rest].join('.')) ?? [first, ...rest].join('.');
      case 'steps': {
        const node = nodeOf(this.document, first);
        const field = rest.join('.');
        return this.words.text('of', { x: fieldOf(node, field) ?? field, y: this.words.step(first) });
      }
      default:
        throw new Unsaid();
    }
  }
}

function labelOf(document: ProcessDocument, name: string): string | undefined {
  const lists = [document.variables, document.parameters, document.constants];
  for (const list of lists) {
    const found = list?.find((variable) => variable.name === name);
    if (found) return typeof found.label === 'string' && found.label ? found.label : name;
  }
  return undefined;
}

function nodeOf(document: ProcessDocument, id: string): ProcessNode | undefined {
  const inside = (nodes: readonly ProcessNode[]): ProcessNode | undefined => {
    for (const node of nodes) {
      const found = node.id === id ? node : node.nodes && inside(node.nodes);
      if (found) return found;
    }
    return undefined;
  };
  return inside(document.nodes);
}

export interface FormField {
  readonly name: string;
  readonly label?: string;
  readonly type: string;
  readonly required?: boolean;
  readonly options?: readonly string[];
}

/** Fields that a task asks for. */
export function formOf(node: ProcessNode | undefined): FormField[] {
  const form = node?.config?.form;
  return Array.isArray(form) ? (form as FormField[]) : [];
}

function fieldOf(node: ProcessNode | undefined, name: string): string | undefined {
  return formOf(node).find((field) => field.name === name)?.label;
}

/** An expression in words, or undefined when it says more than words can. */
export function inWords(source: string, document: ProcessDocument, words: Vocabulary): string | undefined {
  const list = tokens(source);
  if (!list || list.length === 0) return undefined;
  try {
    return new Speaker(list, document, words).say();
  } catch (error) {
    if (error instanceof Unsaid) return undefined;
    throw error;
  }
}

export interface Piece {
  readonly text: string;
  /** It stands for a value that is filled in. */
  readonly value: boolean;
}

/** A text with values in it: what is written, and words for what is filled in. */
export function pieces(text: string, document: ProcessDocument, words: Vocabulary): Piece[] {
  return text.split(/(\{\{.*?\}\})/s).flatMap((part): Piece[] => {
    if (part === '') return [];
    if (!part.startsWith('{{')) return [{ text: part, value: false }];
    const said = inWords(part.slice(2, -2).trim(), document, words);
    return [{ text: said ?? '…', value: true }];
  });
}
