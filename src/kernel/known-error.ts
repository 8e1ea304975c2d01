/**
 * An error that users can act on: its message says in full sentences what is wrong and what to do. The command line and GraphQL test for
 * this class and use its code. Any other error is handled where it occurs, or is a bug.
 */
export abstract class KnownError extends Error {
  /** Upper snake case, stable; the code of docs/errors.md, if it has one. */
  abstract readonly code: string;
}
