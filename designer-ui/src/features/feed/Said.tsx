import { partsOf } from './mentions';

/** What somebody wrote, with the people in it set off. */
export function Said({ text }: { text: string }) {
  return partsOf(text).map((part, index) =>
    part.user ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never change their places.
      <strong key={index} style={{ color: 'var(--fx-link)', fontWeight: 500 }}>
        {part.text}
      </strong>
    ) : (
      part.text
    ),
  );
}
