import classes from './UserAvatar.module.css';

/** Colours with at least 4.5:1 against white. */
const colors = ['#0f766e', '#1d5fd1', '#7a3fd1', '#0b7285', '#8a5a00', '#b0267a', '#a14a00', '#46566b'];

function hash(text: string): number {
  let value = 0;
  for (const char of text) value = (value * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return value;
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => (word ? [...word][0] : ''))
    .join('')
    .toUpperCase();
}

/** The colour of a person, the same everywhere. */
export function personColour(name: string): string {
  return colors[hash(name) % colors.length] as string;
}

/** Initials of a person on a colour of their own. Decorative: the name always stands beside it. */
export function UserAvatar({ name, size = 24 }: { name: string; size?: number }) {
  return (
    <span
      aria-hidden
      className={classes.avatar}
      data-initials={initials(name)}
      style={{
        width: size,
        height: size,
        background: personColour(name),
        fontSize: Math.max(10, Math.round(size * 0.4)),
      }}
    />
  );
}
