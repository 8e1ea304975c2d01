/** Failures as a user sees them: one sentence that says what to do for those that are known, the way to the stack for others. */
import { InvalidInput } from '../kernel/input.js';
import { KnownError } from '../kernel/known-error.js';
import { NotYetThere } from '../views/errors.js';

/** What the same command may find otherwise in a moment. */
const early = new Set(['NOT_READY', 'NOT_YET_THERE']);

/** What the process ends with: 5 when it was too early, 1 otherwise. */
export function exitCodeOf(failure: unknown): number {
  return failure instanceof KnownError && early.has(failure.code) ? 5 : 1;
}

/** What to print. @param debug adds the stack of what is not known */
export function describeFailure(failure: unknown, debug: boolean): string {
  if (!(failure instanceof Error)) return `Daybook failed: ${String(failure)}`;
  if (failure instanceof NotYetThere) {
    return `${failure.model} is at position ${failure.at} and did not reach ${failure.wanted} in time. See \`daybook projections status\`.`;
  }
  // Fields of commands are options and arguments here, under the same names.
  if (failure instanceof InvalidInput) return `${failure.problems.map(({ message }) => message).join('; ')}.`;
  if (failure instanceof KnownError) return failure.message;
  const { code, path, port } = failure as NodeJS.ErrnoException & { readonly port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port ?? ''} is in use already. Stop the program that has it, or choose another one with --port or DAYBOOK_PORT; 0 takes a free one.`;
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const what = path ?? (port === undefined ? 'A file' : `Port ${port}`);
    return `${what} can't be used: this user has no right to. Change the rights, or choose another place.`;
  }
  if (code === 'ENOSPC') {
    return `There is no space left${path === undefined ? '' : ` for ${path}`}. Make room and run the same command again.`;
  }
  if (debug) return `Daybook failed: ${failure.stack ?? failure.message}`;
  return `Daybook failed: ${failure.message}\nRun it again with DAYBOOK_LOG_LEVEL=debug to see where.`;
}
