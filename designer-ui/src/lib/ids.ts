const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Random id of n characters. `crypto.randomUUID` does not exist on plain-http origins; `getRandomValues` does. */
export function randomId(length = 16): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  let id = '';
  for (const byte of bytes) {
    // The bias of 256 % 36 costs a fraction of a bit per character: harmless for ids, never use it for secrets.
    id += alphabet[byte % alphabet.length];
  }
  return id;
}
