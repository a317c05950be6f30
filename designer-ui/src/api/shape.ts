/** What a field of the UI's type may be: the description's, or narrower. What it leaves open, the UI may say. */
type Within<V> = unknown extends V ? unknown : V | undefined;

/** Lists are described as nullable, because the server's language makes no difference; it sends empty ones. */
type Lists<T> = {
  [K in keyof T]: T[K] extends readonly unknown[] | null | undefined ? NonNullable<T[K]> : T[K];
};

/**
 * A type of the API with some fields said more exactly than the description can: texts that are one of a few, documents
 * that are opaque to it. Naming a field that the API does not have, or giving it a type that does not fit, is an error:
 * a changed API is found by the type check.
 */
export type Shape<T, R extends { [K in keyof R]: K extends keyof T ? Within<T[K]> : never } = object> = Omit<
  Lists<T>,
  keyof R
> &
  R;
