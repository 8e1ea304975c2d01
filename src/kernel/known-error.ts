/**
 * An error that people meet and can do something about: its message says what, in whole sentences. The command line and GraphQL ask for
 * this class and go by the code. Any other error is either dealt with where it arises, or a fault of the program's own.
 */
export abstract class KnownError extends Error {
  /** Upper snake case, and stable. What docs/errors.md has a code for has that one. */
  abstract readonly code: string;
}
