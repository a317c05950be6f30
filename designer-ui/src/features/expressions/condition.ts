/**
 * A condition as nested groups of comparisons, and the same condition as text. What is read here is a part of the
 * expression language; everything else stays text, and `parseCondition` says why.
 */

export type Literal =
  | { kind: 'text'; text: string }
  /** Kept as written, so that 0.10 stays 0.10. */
  | { kind: 'number'; text: string }
  | { kind: 'truth'; value: boolean }
  | { kind: 'nothing' };

export type Operand =
  | Literal
  | { kind: 'money'; amount: string; currency: string }
  /** A day, as YYYY-MM-DD. */
  | { kind: 'date'; text: string }
  /** So many days from today; 0 is today. */
  | { kind: 'today'; days: number }
  | { kind: 'now' }
  /** Another value that the expression may read. */
  | { kind: 'path'; path: string }
  | { kind: 'list'; items: readonly Literal[] };

export const BARE = ['holds', 'holdsNot', 'isEmpty', 'notEmpty'] as const;
const COMPARED = ['==', '!=', '<', '<=', '>', '>='] as const;
const WORDS = ['contains', 'startsWith', 'endsWith'] as const;
const NEGATED = {
  contains: 'notContains',
  startsWith: 'notStartsWith',
  endsWith: 'notEndsWith',
  in: 'notIn',
  has: 'hasNot',
  member: 'notMember',
} as const;
type Negatable = keyof typeof NEGATED;
export type Operator =
  | (typeof BARE)[number]
  | (typeof COMPARED)[number]
  | Negatable
  | (typeof NEGATED)[Negatable];

export interface Rule {
  readonly kind: 'rule';
  /** As it is written: `record.title`, `steps.ok?.outcome`, `amount(record.amount)`. */
  readonly path: string;
  readonly op: Operator;
  readonly value?: Operand;
}

export interface Group {
  readonly kind: 'group';
  readonly op: 'and' | 'or';
  readonly not: boolean;
  readonly items: readonly Item[];
}

export type Item = Rule | Group;

/** Why a text cannot be shown as groups; `text` is the part that is in the way. */
export interface Unshown {
  readonly reason: 'syntax' | 'calculation' | 'choice' | 'call' | 'noComparison' | 'value';
  readonly text: string;
}

export const isBare = (op: Operator): boolean => (BARE as readonly string[]).includes(op);
export const emptyGroup = (op: 'and' | 'or' = 'and'): Group => ({ kind: 'group', op, not: false, items: [] });

const positiveOf = (op: Operator): Negatable | undefined =>
  (Object.keys(NEGATED) as Negatable[]).find((name) => NEGATED[name] === op);

function printLiteral(value: Literal): string {
  switch (value.kind) {
    case 'text':
      return JSON.stringify(value.text);
    case 'number':
      return value.text;
    case 'truth':
      return String(value.value);
    default:
      return 'nil';
  }
}

export function printOperand(value: Operand): string {
  switch (value.kind) {
    case 'money':
      return `money(${value.amount}, ${JSON.stringify(value.currency)})`;
    case 'date':
      return `date(${JSON.stringify(value.text)})`;
    case 'today':
      return value.days === 0 ? 'today()' : `addDays(today(), ${value.days})`;
    case 'now':
      return 'now';
    case 'path':
      return value.path;
    case 'list':
      return `[${value.items.map(printLiteral).join(', ')}]`;
    default:
      return printLiteral(value);
  }
}

function printRule({ path, op, value = { kind: 'nothing' } }: Rule): string {
  const positive = positiveOf(op);
  if (positive) return `not (${printRule({ kind: 'rule', path, op: positive, value })})`;
  switch (op) {
    case 'holds':
      return path;
    case 'holdsNot':
      return `not ${path}`;
    case 'isEmpty':
      return `isEmpty(${path})`;
    case 'notEmpty':
      return `not isEmpty(${path})`;
    case 'has':
      return `${printOperand(value)} in ${path}`;
    case 'member':
      return `${path} in members(${printOperand(value)})`;
    default:
      return `${path} ${op} ${printOperand(value)}`;
  }
}

function printItem(item: Item): string {
  if (item.kind === 'rule') return printRule(item);
  return `${item.not ? 'not ' : ''}(${printGroup(item)})`;
}

function printGroup(group: Group): string {
  return group.items.map(printItem).join(` ${group.op} `);
}

/** Groups without anything in them say nothing and are not written. */
function withoutEmpty(group: Group): Group {
  const items = group.items
    .map((item) => (item.kind === 'group' ? withoutEmpty(item) : item))
    .filter((item) => item.kind === 'rule' || item.items.length > 0);
  return { ...group, items };
}

/** What differs only in how it is written is one: a group round a single thing is that thing. */
export function normalize(group: Group): Group {
  const flat = (item: Item): Item => {
    if (item.kind === 'rule') return item;
    const items = item.items.map(flat).filter((one) => one.kind === 'rule' || one.items.length > 0);
    const [only] = items;
    if (items.length === 1 && only) {
      if (!item.not) return only;
      if (only.kind === 'group') return flat({ ...only, not: !only.not });
      if (only.op in NEGATED) return { ...only, op: NEGATED[only.op as Negatable] };
      if (only.op === 'isEmpty' || only.op === 'holds')
        return { ...only, op: only.op === 'holds' ? 'holdsNot' : 'notEmpty' };
    }
    return { ...item, op: items.length === 1 ? 'and' : item.op, items };
  };
  const root = flat(group);
  if (root.kind === 'group' && root.items.length === 0) return emptyGroup();
  return root.kind === 'group' ? root : { ...emptyGroup(), items: [root] };
}

/** The expression of a group; empty for one that says nothing. */
export function printCondition(group: Group): string {
  const { not, ...rest } = withoutEmpty(group);
  if (rest.items.length === 0) return '';
  const inside = printGroup({ ...rest, not });
  return not ? `not (${inside})` : inside;
}

// ---- reading ----

interface Token {
  readonly type: 'text' | 'number' | 'name' | 'sign' | 'end';
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

class NotShown extends Error {
  constructor(readonly why: Unshown) {
    super(why.reason);
  }
}

const PATTERN =
  /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(==|!=|<=|>=|&&|\|\||\?\?|\?\.|\*\*|\.\.|[-+*/%<>!?:|()[\]{},.^#;=]))/y;

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  PATTERN.lastIndex = 0;
  for (let at = 0; source.slice(at).trim() !== ''; ) {
    const match = PATTERN.exec(source);
    if (!match) throw new NotShown({ reason: 'syntax', text: source.slice(at).trim() });
    const [whole, text, number, name, sign] = match;
    const value = (text ?? number ?? name ?? sign) as string;
    const from = match.index + whole.length - value.length;
    const type =
      text !== undefined ? 'text' : number !== undefined ? 'number' : name !== undefined ? 'name' : 'sign';
    at = from + value.length;
    tokens.push({ type, text: value, from, to: at });
  }
  tokens.push({ type: 'end', text: '', from: source.length, to: source.length });
  return tokens;
}

/** A written text without its quotes; undefined for escapes that are not those of JSON. */
function unquote(written: string): string | undefined {
  const inside = written.slice(1, -1);
  if (written.startsWith('`')) return inside;
  try {
    return JSON.parse(
      written.startsWith('"') ? written : `"${inside.replace(/\\'/g, "'").replace(/"/g, '\\"')}"`,
    );
  } catch {
    return undefined;
  }
}

const CALCULATING = new Set(['+', '-', '*', '/', '%', '**', '^', '..', '|', '#', ';', '=']);
/** Functions of one value whose result is compared like a field. */
const MEASURES = new Set([
  'amount',
  'currency',
  'len',
  'year',
  'month',
  'day',
  'hour',
  'weekday',
  'lower',
  'upper',
]);
const RESERVED = new Set([
  'and',
  'or',
  'not',
  'in',
  'contains',
  'startsWith',
  'endsWith',
  'matches',
  'let',
  'if',
  'else',
]);

type Primary =
  | { type: 'path'; path: string; from: number }
  | { type: 'operand'; value: Operand; from: number }
  | { type: 'members'; value: Operand; from: number }
  | { type: 'item'; item: Item; from: number };

class Reader {
  private at = 0;
  private readonly tokens: Token[];

  constructor(private readonly source: string) {
    this.tokens = tokenize(source);
  }

  read(): Group {
    const item = this.either();
    if (this.peek().type !== 'end') this.refuse();
    return item.kind === 'group' ? item : { ...emptyGroup(), items: [item] };
  }

  private peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)] as Token;
  }

  private next(): Token {
    const token = this.peek();
    this.at++;
    return token;
  }

  private is(...texts: string[]): boolean {
    const { type, text } = this.peek();
    return (type === 'name' || type === 'sign') && texts.includes(text);
  }

  private take(...texts: string[]): boolean {
    if (!this.is(...texts)) return false;
    this.at++;
    return true;
  }

  private expect(text: string): void {
    if (!this.take(text)) this.refuse();
  }

  /** Refuses with the reason that the next sign gives. */
  private refuse(from = this.peek().from): never {
    const { text, type } = this.peek();
    const part = this.source.slice(from).trim() || this.source.trim();
    if (type === 'sign' && CALCULATING.has(text)) throw new NotShown({ reason: 'calculation', text: part });
    if (text === '?' || text === '??' || text === 'if') throw new NotShown({ reason: 'choice', text: part });
    throw new NotShown({ reason: 'syntax', text: part });
  }

  private chain(op: 'and' | 'or', signs: string[], part: () => Item): Item {
    const items = [part()];
    while (this.take(...signs)) items.push(part());
    return items.length === 1 ? (items[0] as Item) : { ...emptyGroup(op), items };
  }

  private either = (): Item => this.chain('or', ['or', '||'], this.both);
  private both = (): Item => this.chain('and', ['and', '&&'], this.comparison);

  private comparison = (): Item => {
    const start = this.peek().from;
    if (this.take('not', '!')) return this.negation(start);
    const left = this.primary();
    if (left.type === 'item') {
      if (!this.closes()) this.refuse(left.from);
      return left.item;
    }
    const negated = this.is('not') && ['in', ...WORDS].includes(this.peek(1).text) && this.take('not');
    const sign = COMPARED.find((op) => this.is(op));
    const word = [...WORDS, 'in' as const].find((op) => this.is(op));
    const op = sign ?? word;
    if (!op) {
      if (!this.closes()) this.refuse(left.from);
      if (left.type !== 'path') throw new NotShown({ reason: 'noComparison', text: this.since(left.from) });
      return { kind: 'rule', path: left.path, op: 'holds' };
    }
    this.next();
    const right = this.primary();
    if (!this.closes()) this.refuse(left.from);
    const rule = this.compare(left, op, right);
    return negated && rule.op in NEGATED ? { ...rule, op: NEGATED[rule.op as Negatable] } : rule;
  };

  /** What stands behind "not": only what it binds to by itself, or something in brackets. */
  private negation(start: number): Item {
    const inner = this.primary();
    if (!this.closes()) this.refuse(start);
    if (inner.type === 'path') return { kind: 'rule', path: inner.path, op: 'holdsNot' };
    if (inner.type !== 'item') throw new NotShown({ reason: 'noComparison', text: this.since(start) });
    const { item } = inner;
    if (item.kind === 'rule') {
      if (item.op === 'isEmpty') return { ...item, op: 'notEmpty' };
      if (item.op === 'holds') return { ...item, op: 'holdsNot' };
      if (item.op in NEGATED) return { ...item, op: NEGATED[item.op as Negatable] };
      return { ...emptyGroup(), not: true, items: [item] };
    }
    const [only] = item.items;
    return item.not && item.items.length === 1 && only ? only : { ...item, not: !item.not };
  }

  private closes(): boolean {
    return this.peek().type === 'end' || this.is(')', 'and', 'or', '&&', '||');
  }

  private since(from: number): string {
    return this.source.slice(from, this.peek(-1).to).trim();
  }

  private compare(left: Exclude<Primary, { type: 'item' }>, op: string, right: Primary): Rule {
    if (right.type === 'item') throw new NotShown({ reason: 'value', text: this.since(right.from) });
    if (op === 'in') {
      if (left.type === 'path' && right.type === 'members')
        return { kind: 'rule', path: left.path, op: 'member', value: right.value };
      if (left.type === 'path' && right.type === 'operand' && right.value.kind === 'list')
        return { kind: 'rule', path: left.path, op: 'in', value: right.value };
      if (right.type === 'path' && left.type !== 'members')
        return {
          kind: 'rule',
          path: right.path,
          op: 'has',
          value: left.type === 'path' ? { kind: 'path', path: left.path } : left.value,
        };
    }
    if (left.type !== 'path' || right.type === 'members' || op === 'in')
      throw new NotShown({ reason: 'noComparison', text: this.since(left.from) });
    const value: Operand = right.type === 'path' ? { kind: 'path', path: right.path } : right.value;
    if (value.kind === 'list') throw new NotShown({ reason: 'value', text: this.since(right.from) });
    return { kind: 'rule', path: left.path, op: op as Operator, value };
  }

  private primary(): Primary {
    const { from } = this.peek();
    if (this.take('(')) {
      const item = this.either();
      this.expect(')');
      return { type: 'item', item, from };
    }
    if (this.is('[')) return { type: 'operand', value: this.list(), from };
    const literal = this.literal();
    if (literal) return { type: 'operand', value: literal, from };
    const token = this.peek();
    if (token.type !== 'name' || RESERVED.has(token.text)) this.refuse();
    if (this.peek(1).text === '(') return this.call();
    if (token.text === 'now' && this.peek(1).text !== '.') {
      this.next();
      return { type: 'operand', value: { kind: 'now' }, from };
    }
    return { type: 'path', path: this.path(), from };
  }

  private path(): string {
    const { from } = this.next();
    while (this.is('.', '?.')) {
      this.next();
      if (this.next().type !== 'name') {
        this.at--;
        this.refuse(from);
      }
    }
    if (this.is('[', '('))
      throw new NotShown({ reason: 'call', text: this.source.slice(from, this.peek().to) });
    return this.since(from);
  }

  private literal(): Literal | undefined {
    const { type, text, from } = this.peek();
    if (type === 'text') {
      this.next();
      const value = unquote(text);
      if (value === undefined) throw new NotShown({ reason: 'value', text });
      return { kind: 'text', text: value };
    }
    const minus = text === '-' && this.peek(1).type === 'number';
    if (type === 'number' || minus) {
      if (minus) this.next();
      this.next();
      return { kind: 'number', text: this.since(from).replace(/\s|_/g, '') };
    }
    if (this.take('true')) return { kind: 'truth', value: true };
    if (this.take('false')) return { kind: 'truth', value: false };
    return this.take('nil') ? { kind: 'nothing' } : undefined;
  }

  private list(): Operand {
    const { from } = this.next();
    const items: Literal[] = [];
    while (!this.is(']')) {
      const item = this.literal();
      if (!item) throw new NotShown({ reason: 'value', text: this.source.slice(from).trim() });
      items.push(item);
      if (!this.take(',')) break;
    }
    this.expect(']');
    return { kind: 'list', items };
  }

  /** The few calls that are values or measures; all others are for the text. */
  private call(): Primary {
    const { text: name, from } = this.next();
    this.expect('(');
    const result = this.arguments(name, from);
    if (!this.take(')')) throw new NotShown({ reason: 'call', text: `${name}(…)` });
    if (this.is('.', '?.', '[')) throw new NotShown({ reason: 'call', text: `${name}(…)` });
    return result.type === 'path' && name !== 'isEmpty' ? { ...result, path: this.since(from) } : result;
  }

  private arguments(name: string, from: number): Primary {
    const unknown = (): never => {
      throw new NotShown({ reason: 'call', text: `${name}(…)` });
    };
    if (name === 'today') return { type: 'operand', value: { kind: 'today', days: 0 }, from };
    if (name === 'isEmpty' || MEASURES.has(name)) {
      const measured = this.peek(1).text === '(' && name === 'isEmpty' && MEASURES.has(this.peek().text);
      if (this.peek().type !== 'name' || (this.peek(1).text === '(' && !measured)) unknown();
      const start = this.peek().from;
      if (measured) this.call();
      else this.path();
      const path = this.since(start);
      return name === 'isEmpty'
        ? { type: 'item', item: { kind: 'rule', path, op: 'isEmpty' }, from }
        : { type: 'path', path, from };
    }
    if (name === 'addDays') {
      if (!(this.take('today') && this.take('(') && this.take(')') && this.take(','))) unknown();
      const days = this.literal();
      if (days?.kind !== 'number' || !Number.isInteger(Number(days.text))) unknown();
      return {
        type: 'operand',
        value: { kind: 'today', days: Number((days as { text: string }).text) },
        from,
      };
    }
    const first = this.literal();
    if (name === 'date' && first?.kind === 'text' && /^\d{4}-\d\d-\d\d$/.test(first.text))
      return { type: 'operand', value: { kind: 'date', text: first.text }, from };
    if (name === 'members' && first?.kind === 'text') return { type: 'members', value: first, from };
    if (name === 'money' && first?.kind === 'number' && this.take(',')) {
      const currency = this.literal();
      if (currency?.kind === 'text')
        return {
          type: 'operand',
          value: { kind: 'money', amount: first.text, currency: currency.text },
          from,
        };
    }
    return unknown();
  }
}

/** The groups of an expression, or why it has none. An empty text is an empty group. */
export function parseCondition(source: string): { group: Group } | { unshown: Unshown } {
  if (source.trim() === '') return { group: emptyGroup() };
  try {
    return { group: new Reader(source).read() };
  } catch (error) {
    if (error instanceof NotShown) return { unshown: error.why };
    throw error;
  }
}
