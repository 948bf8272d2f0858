/**
 * Makes something when it is first asked for. Whoever loads the decisions needs a part of them, and what their schemas and lists take to be
 * prepared would come to half a second of every start.
 */
export function atFirstUse<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
