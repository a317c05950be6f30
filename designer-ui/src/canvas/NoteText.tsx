import { Fragment, memo } from 'react';
import { type Block, blocksOf, type Span } from '@/lib/process/notes';

function Piece({ span }: { span: Span }) {
  if (span.bold) return <strong>{span.text}</strong>;
  if (span.italic) return <em>{span.text}</em>;
  if (span.code) return <code>{span.text}</code>;
  if (span.href) {
    return (
      <a href={span.href} target="_blank" rel="noreferrer noopener" tabIndex={-1}>
        {span.text}
      </a>
    );
  }
  return <>{span.text}</>;
}

function Pieces({ block }: { block: Block }) {
  return (
    <>
      {block.spans.map((span, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a text have no other name than their place.
        <Piece key={i} span={span} />
      ))}
    </>
  );
}

/** Consecutive list items as one list. */
function inLists(blocks: readonly Block[]): Block[][] {
  const runs: Block[][] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    if (block.kind === 'item' && last?.[0]?.kind === 'item') last.push(block);
    else runs.push([block]);
  }
  return runs;
}

/** The text of a note with its small Markdown: read again only when it changes, not while something is dragged. */
export const NoteText = memo(function NoteText({ text }: { text: string }) {
  return (
    <>
      {inLists(blocksOf(text)).map((run, i) => {
        const [first] = run;
        const key = `${i}`;
        if (first?.kind === 'item') {
          return (
            <ul key={key}>
              {run.map((block, row) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
                <li key={row}>
                  <Pieces block={block} />
                </li>
              ))}
            </ul>
          );
        }
        if (!first) return <Fragment key={key} />;
        return first.kind === 'heading' ? (
          <h3 key={key}>
            <Pieces block={first} />
          </h3>
        ) : (
          <p key={key}>
            <Pieces block={first} />
          </p>
        );
      })}
    </>
  );
});
