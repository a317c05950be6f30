import type { Extension } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';

/** Two lines about what stands at a place: what it is, and what it gives. */
export interface Told {
  readonly title: string;
  readonly detail: string;
}

const WORD = /[A-Za-z_]\w*(?:\??\.[A-Za-z_]\w*)*/g;

/** The path up to the name at `at`, as written: `record.client` for the middle of `record.client.name`. */
export function pathAt(text: string, at: number): { path: string; from: number; to: number } | undefined {
  for (const match of text.matchAll(WORD)) {
    const from = match.index;
    const to = from + match[0].length;
    if (at < from || at > to) continue;
    const rest = /^\w*/.exec(text.slice(at))?.[0].length ?? 0;
    return { path: text.slice(from, at + rest), from, to: at + rest };
  }
  return undefined;
}

/** Tells the type of what the pointer rests on. */
export function typesOnHover(tell: (path: string) => Told | undefined): Extension {
  return hoverTooltip((view, at) => {
    const found = pathAt(view.state.doc.toString(), at);
    const told = found && tell(found.path);
    if (!found || !told) return null;
    return {
      pos: found.from,
      end: found.to,
      above: true,
      create: () => {
        const dom = document.createElement('div');
        dom.className = 'cm-told';
        const title = document.createElement('strong');
        title.textContent = told.title;
        const detail = document.createElement('div');
        detail.textContent = told.detail;
        dom.append(title, detail);
        return { dom };
      },
    };
  });
}
