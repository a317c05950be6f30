/** Makes a switch exhaustive at compile time; throws when data from outside breaks the type. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
