import { HighlightStyle, StreamLanguage, type StringStream, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { tags } from '@lezer/highlight';

const OPERATORS = /^(?:==|!=|<=|>=|&&|\|\||\?\?|\?\.|\*\*|\.\.|[-+*/%<>!?:|])/;
const WORDS = new Set([
  'and',
  'or',
  'not',
  'in',
  'contains',
  'matches',
  'startsWith',
  'endsWith',
  'let',
  'if',
  'else',
]);
const CONSTANTS = new Set(['true', 'false', 'nil']);

/** One token of the expression language. */
function expressionToken(stream: StringStream): string | null {
  if (stream.eatSpace()) return null;
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^'\\]|\\.)*'?/) || stream.match(/^`[^`]*`?/))
    return 'string';
  if (stream.match(/^\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?/)) return 'number';
  const name = stream.match(/^[A-Za-z_]\w*/) as RegExpMatchArray | null;
  if (name) {
    if (WORDS.has(name[0])) return 'keyword';
    if (CONSTANTS.has(name[0])) return 'atom';
    return stream.peek() === '(' ? 'function' : 'variableName';
  }
  if (stream.match(OPERATORS)) return 'operator';
  stream.next();
  return null;
}

const expression = StreamLanguage.define({
  token: expressionToken,
  tokenTable: { function: tags.function(tags.variableName) },
});

/** Text in which only what stands between {{ and }} is an expression. */
const template = StreamLanguage.define<{ inside: boolean }>({
  startState: () => ({ inside: false }),
  token(stream, state) {
    if (state.inside) {
      if (stream.match('}}')) {
        state.inside = false;
        return 'bracket';
      }
      return expressionToken(stream);
    }
    if (stream.match('{{')) {
      state.inside = true;
      return 'bracket';
    }
    stream.next();
    stream.eatWhile(/[^{]/);
    return null;
  },
  tokenTable: { function: tags.function(tags.variableName) },
});

const style = HighlightStyle.define([
  { tag: tags.string, color: 'var(--fx-status-done)' },
  { tag: tags.number, color: 'var(--fx-kind-document)' },
  { tag: tags.atom, color: 'var(--fx-kind-document)' },
  { tag: tags.keyword, color: 'var(--fx-kind-approval)' },
  { tag: tags.function(tags.variableName), color: 'var(--fx-kind-task)' },
  { tag: tags.bracket, color: 'var(--fx-kind-robot)', fontWeight: '600' },
  { tag: tags.operator, color: 'var(--fx-text-muted)' },
]);

export function expressionHighlight(inTemplate: boolean): Extension {
  return [inTemplate ? template : expression, syntaxHighlighting(style)];
}
