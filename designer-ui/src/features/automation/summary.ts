import type { Board } from './context';
import type { Entry } from './rules';

/** Settings that say best what an entry is about, the best first. */
const TELLING = ['subject', 'title', 'text', 'comment', 'body', 'message', 'name', 'url'];

const SHORT = 90;

/** The text of an entry's settings that says what it is about; values in it stand as "…". */
export function summaryOf(entry: Entry, board: Pick<Board, 'nameOf'>): string {
  for (const key of TELLING) {
    const value = entry.config[key];
    if (typeof value !== 'string' || value.trim() === '') continue;
    const text = value
      .replace(/\{\{.*?\}\}/gs, '…')
      .replace(/\s+/g, ' ')
      .trim();
    if (text === '' || text === board.nameOf(entry)) continue;
    return text.length > SHORT ? `${text.slice(0, SHORT - 1)}…` : text;
  }
  return '';
}
