import { same } from '@/features/automation/changes';
import { type EntryLabel, History, type HistoryStep, type RunOptions } from '@/lib/history';
import { storage } from '@/lib/storage';
import type { Content, Template } from './api';
import { contentOf } from './model';

/** A template while it is edited: what is saved, what is not, and how to go back. */
export class Draft {
  readonly history: History<Content>;
  /** The template as it is stored. */
  base: Content;
  rev: number;
  private readonly name: string;

  constructor(template: Template, user: string) {
    this.base = contentOf(template);
    this.rev = template.rev;
    this.name = `statusProcess.${user}.${template.id}`;
    this.history = new History<Content>(this.base);
    const kept = this.kept();
    if (kept && !same(kept, this.base))
      this.history.run({ key: 'history.restored' }, (content) => void Object.assign(content, kept));
    this.history.subscribe(this.keep);
  }

  get content(): Content {
    return this.history.current;
  }

  get dirty(): boolean {
    return this.content !== this.base && !same(this.content, this.base);
  }

  run(label: EntryLabel, recipe: (content: Content) => void, options: RunOptions = {}): boolean {
    return this.history.run(label, (draft) => recipe(draft as Content), options);
  }

  undo = (): HistoryStep | undefined => this.history.undo();
  redo = (): HistoryStep | undefined => this.history.redo();

  /** Back to what is stored, in one step that can be undone. */
  discard(): void {
    this.replace({ key: 'history.discard' }, this.base);
  }

  /** What is stored now; edits made while it was saved stay. */
  saved(template: Template): void {
    this.base = contentOf(template);
    this.rev = template.rev;
    this.keep();
  }

  private replace(label: EntryLabel, by: Content): void {
    this.run(label, (content) => {
      for (const key of Object.keys(content)) delete (content as unknown as Record<string, unknown>)[key];
      Object.assign(content, structuredClone(by));
    });
  }

  /** Unsaved edits of an earlier visit, when nobody has saved since. */
  private kept(): Content | undefined {
    try {
      const kept = JSON.parse(storage.get(this.name) ?? 'null') as { rev: number; content: Content } | null;
      return kept?.rev === this.rev ? kept.content : undefined;
    } catch {
      return undefined;
    }
  }

  private keep = (): void => {
    storage.set(this.name, this.dirty ? JSON.stringify({ rev: this.rev, content: this.content }) : null);
  };
}
