import { Kbd as MantineKbd } from '@mantine/core';
import { shortcutKeys } from '@/lib/keymap';

/** A shortcut as keys: "mod+k" becomes Ctrl K, "g d" becomes G then D. */
export function Kbd({ shortcut }: { shortcut: string }) {
  const keys = shortcutKeys(shortcut).flat();
  return (
    <span style={{ display: 'inline-flex', gap: 2, whiteSpace: 'nowrap' }}>
      {keys.map((key, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: keys of one shortcut never reorder.
        <MantineKbd key={index} size="xs">
          {key}
        </MantineKbd>
      ))}
    </span>
  );
}
