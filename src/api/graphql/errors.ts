/** Errors as clients see them: a stable code, the path to the argument, what is allowed. Nothing internal leaves the server. */
import { GraphQLError } from 'graphql';
import type { RequestCode } from '../../kernel/error-codes.js';
import type { InvalidInput } from '../../kernel/input.js';
import { KnownError } from '../../kernel/known-error.js';
import { Rejection } from '../../kernel/rejection.js';
import type { KeysUnavailable } from '../../keys/port.js';
import type { LogUnavailable, NoSuchPosition } from '../../log/port.js';
import type { StaleDecision } from '../../projector/record-decision.js';
import type { NotFound } from '../../projector/not-found.js';
import type { BadCursor, NoHistory, PositionTimeout, ViewsUnavailable } from '../../views/port/query-errors.js';
import type { BuildGone, NotReady } from '../../views/port/errors.js';

/** What clients are told of besides refusals; what other known errors say is for whoever runs the server. */
type Told =
  | InvalidInput
  | NotFound
  | StaleDecision
  | NotReady
  | PositionTimeout
  | BadCursor
  | NoSuchPosition
  | NoHistory
  | LogUnavailable
  | KeysUnavailable
  | ViewsUnavailable
  | BuildGone;

/** A request that can't be answered as it stands. @param field the argument to change, such as `where.name.eq` */
export function badInput(code: RequestCode, field: string, message: string): GraphQLError {
  return refused(code, message, { problems: [{ path: pathOf(field), message }] });
}

/** `stages.0.name` as the steps of a path. */
export function pathOf(field: string): readonly string[] {
  return field.split('.');
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
  // The codes of refusals are the rules' own.
  if (failure instanceof Rejection) {
    return refused(failure.code, failure.message, failure.field === undefined ? {} : { path: pathOf(failure.field) });
  }
  if (failure instanceof KnownError) return toldByCode(failure as Told);
  if (failure instanceof RangeError && failure.message.includes('call stack')) return tooDeep();
  return undefined;
}

function toldByCode(failure: Told): GraphQLError | undefined {
  const { code, message } = failure;
  switch (code) {
    case 'BAD_USER_INPUT':
      return refused(code, message, {
        problems: failure.problems.map((problem) => ({ path: ['input', ...pathOf(problem.field)], message: problem.message })),
      });
    case 'NOT_FOUND':
    case 'NOT_READY':
      return badInput(code, failure.field, message);
    case 'STALE_DECISION':
      return badInput(code, 'eventId', message);
    case 'POSITION_TIMEOUT':
      return refused(code, message, { position: String(failure.at) });
    case 'BAD_CURSOR':
      return badInput(code, 'after', message);
    case 'NO_SUCH_POSITION':
      return badInput('BAD_USER_INPUT', 'after', message);
    case 'NO_HISTORY':
      return badInput(code, 'asOf', message);
    case 'LOG_UNAVAILABLE':
      return away(`The event log can not be used right now${failure.attempt === undefined ? '' : `: it could not ${failure.attempt}`}.`);
    case 'KEYS_UNAVAILABLE':
      return away('The keys of personal data can not be used right now.');
    case 'VIEWS_UNAVAILABLE':
    case 'BUILD_GONE':
      return away('The read models can not be used right now.');
    default:
      return undefined;
  }
}

function refused(code: string, message: string, extensions: Readonly<Record<string, unknown>>): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...extensions } });
}

/** @param what is away; hosts and files are for operators, who find them in the server's log */
function away(what: string): GraphQLError {
  return new GraphQLError(
    `${what} Nothing was written unless the same command, sent again with the same commandId, says so. Try again later.`,
    { extensions: { code: 'UNAVAILABLE' } },
  );
}

/** GraphQL follows what is nested by calling itself, and values in variables count for none of its limits. */
function tooDeep(): GraphQLError {
  return new GraphQLError('The variables are nested too deeply.', { extensions: { code: 'BAD_USER_INPUT' } });
}
