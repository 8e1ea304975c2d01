/** Errors as clients see them: a stable code, the field, what is allowed. Nothing of the program's inside leaves the server. */
import { GraphQLError } from 'graphql';
import { InvalidInput } from '../../kernel/input.js';
import { Rejection } from '../../kernel/rejection.js';
import { LogUnavailable, NoSuchPosition } from '../../log/port.js';
import { NotFirst } from '../../projector/decide.js';
import { NotThere } from '../../projector/operations.js';
import { BadCursor, BuildGone, NoHistory, NotReady, NotYetThere, ViewsUnavailable } from '../../views/errors.js';

/** A request that can't be answered as it stands. */
export function badInput(code: string, field: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, problems: [{ field, message }] } });
}

/** Checks `first`. @throws GraphQLError */
export function readFirst(first: number): number {
  if (first < 1 || first > 500) throw badInput('BAD_USER_INPUT', 'first', `first must be from 1 to 500, not ${first}.`);
  return first;
}

/** Checks text that read models or the log are searched for: none holds U+0000, and SQLite would take it for the end. @throws GraphQLError */
export function readText(field: string, text: string): string {
  if (text.includes('\u0000')) throw badInput('BAD_USER_INPUT', field, `${field} can't have the character U+0000.`);
  return text;
}

/** What a failure in a resolver means to the client; undefined when it is the program's own and must stay inside. */
export function toClientError(failure: unknown): GraphQLError | undefined {
  if (failure instanceof GraphQLError) return failure;
  const known = (code: string, extensions: Readonly<Record<string, unknown>> = {}): GraphQLError =>
    new GraphQLError((failure as Error).message, { extensions: { code, ...extensions } });
  if (failure instanceof InvalidInput) return known('BAD_USER_INPUT', { problems: failure.problems });
  if (failure instanceof Rejection) return known(failure.code, { field: failure.field });
  if (failure instanceof NotThere) return badInput('NOT_THERE', failure.field, failure.message);
  if (failure instanceof NotFirst) return badInput('NOT_FIRST', 'eventId', failure.message);
  if (failure instanceof NotReady) return badInput('NOT_READY', failure.field, failure.message);
  if (failure instanceof NotYetThere) return known('NOT_YET_THERE', { position: String(failure.at) });
  if (failure instanceof BadCursor) return badInput('BAD_CURSOR', 'after', failure.message);
  if (failure instanceof NoSuchPosition) return badInput('BAD_USER_INPUT', 'after', failure.message);
  if (failure instanceof NoHistory) return badInput('NO_HISTORY', 'asOf', failure.message);
  if (failure instanceof RangeError && failure.message.includes('call stack')) return tooDeep();
  if (failure instanceof LogUnavailable || failure instanceof ViewsUnavailable || failure instanceof BuildGone) {
    return new GraphQLError(
      `${whatIsAway(failure)} Nothing was written unless the same command, sent again with the same commandId, says so. Try again later.`,
      { extensions: { code: 'UNAVAILABLE' } },
    );
  }
  return undefined;
}

/** Hosts and files are for operators, who find them in the server's log. */
function whatIsAway(failure: LogUnavailable | ViewsUnavailable | BuildGone): string {
  if (!(failure instanceof LogUnavailable)) return 'The read models can not be used right now.';
  return `The event log can not be used right now${failure.attempt === undefined ? '' : `: it could not ${failure.attempt}`}.`;
}

/** GraphQL follows what is nested by calling itself, and values in variables count for none of its limits. */
function tooDeep(): GraphQLError {
  return new GraphQLError('The variables are nested too deeply.', { extensions: { code: 'BAD_USER_INPUT' } });
}
