/** Error messages: one that says what to do for known errors, and how to get the stack trace for others. */
import { InvalidInput } from '../kernel/input.js';
import { KnownError } from '../kernel/known-error.js';
import { PositionTimeout } from '../views/port/query-errors.js';

/** Errors after which the same command may succeed a moment later. */
const temporary = new Set(['NOT_READY', 'POSITION_TIMEOUT']);

/** The exit code: 5 for a temporary error, 1 for others. */
export function exitCodeOf(failure: unknown): number {
  return failure instanceof KnownError && temporary.has(failure.code) ? 5 : 1;
}

/** The message to print. @param debug adds the stack trace of unknown errors */
export function describeFailure(failure: unknown, debug: boolean): string {
  if (!(failure instanceof Error)) return `Daybook failed: ${String(failure)}`;
  if (failure instanceof PositionTimeout) {
    return `${failure.model} is at position ${failure.at} and did not reach ${failure.wanted} in time. See \`daybook projections status\`.`;
  }
  // The fields of the command have the same names as the options.
  if (failure instanceof InvalidInput) return `${failure.problems.map(({ message }) => message).join('; ')}.`;
  if (failure instanceof KnownError) return failure.message;
  const { code, path, port } = failure as NodeJS.ErrnoException & { readonly port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port ?? ''} is already in use. Stop the program that uses it, or choose another port with --port or DAYBOOK_PORT (0 picks a free one).`;
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const what = path ?? (port === undefined ? 'A file' : `Port ${port}`);
    return `${what} can't be used: permission denied. Change the permissions, or choose another location.`;
  }
  if (code === 'ENOSPC') {
    return `There is no space left${path === undefined ? '' : ` for ${path}`}. Free some space and run the same command again.`;
  }
  if (debug) return `Daybook failed: ${failure.stack ?? failure.message}`;
  return `Daybook failed: ${failure.message}\nRun the command again with DAYBOOK_LOG_LEVEL=debug for the stack trace.`;
}
