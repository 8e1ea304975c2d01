/** What an error of the client means: an answer, another leader, or that nobody knows what became of the call. */
import {
  AccessDeniedError,
  MaxAppendSizeExceededError,
  NotLeaderError,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
  convertToCommandError,
} from '@kurrent/kurrentdb-client';
import { isClientCancellationError } from '@kurrent/kurrentdb-client/dist/utils/isClientCancellationError.js';
import { messageOf } from '../../kernel/message-of.js';
import { LogUnavailable, NoSuchPosition } from '../port.js';

/** The server has said nothing for too long. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

/** The client was replaced or discarded while a call was under way. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('the connection was given up');
  }
}

/** A node that others read from has more than the one that a subscription is made to, which says nothing. */
export class LeftBehind extends Error {
  override readonly name = 'LeftBehind';

  constructor() {
    super('a node of the log was left behind by the others');
  }
}

/** What a call failed with, as the client tells it; Interrupted where it was cancelled here. */
export function callFailure(error: unknown): Error {
  return isClientCancellationError(error) ? new Interrupted() : convertToCommandError(error as Error);
}

/**
 * - `answered`: the server has said so; asking again gives the same.
 * - `elsewhere`: another node leads, and the client knows which: ask again.
 * - `unknown`: whether it was done is not known, and the client may be of no use any more.
 *
 * Errors that are not the client's (a bug, a value that can't be stored) count as answers, so that nobody repeats them.
 */
export type Verdict = 'answered' | 'elsewhere' | 'unknown';

const ANSWERS = [AccessDeniedError, MaxAppendSizeExceededError, StreamDeletedError, StreamNotFoundError, WrongExpectedVersionError];
const PORT_ERRORS = [LogUnavailable, NoSuchPosition, RangeError];

export function verdictOf(error: unknown): Verdict {
  if (error instanceof NotLeaderError) return 'elsewhere';
  return [...ANSWERS, ...PORT_ERRORS].some((kind) => error instanceof kind) ? 'answered' : 'unknown';
}

/**
 * The port's error for one that is about the server or the way there.
 * @param what what was tried, such as "read the log"
 * @param fault what was found to be wrong, and what to do about it
 */
export function asUnavailable(error: unknown, what: string, shown: string, fault?: string): LogUnavailable {
  if (error instanceof LogUnavailable) return error;
  if (error instanceof AccessDeniedError) {
    return new LogUnavailable(
      `The event log ${shown} refused to ${what}: check the user and password of its connection string, and what that user may do.`,
      { cause: error, attempt: what },
    );
  }
  const reason = fault ?? `${messageOf(error) || 'no reason given'}. Check that the server runs, can be reached and has a leader`;
  return new LogUnavailable(`The event log ${shown} could not ${what}: ${reason.replace(/\.$/, '')}.`, { cause: error, attempt: what });
}

/** Whether the client found no server to talk to: what it says of why is no help to anybody. */
export function isNotConnected(error: unknown): boolean {
  return /No connection established|Name resolution failed|Failed to discover/.test(messageOf(error));
}

/** The port's error for a stream that somebody has tombstoned. */
export function asDeleted(stream: string, shown: string): LogUnavailable {
  return new LogUnavailable(
    `The stream ${stream} was deleted for good in the event log ${shown}: nothing can be read from it or appended to it any more. Use another id.`,
  );
}
