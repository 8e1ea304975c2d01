/** Classifies the client's errors: an answer of the server, another leader, or an unknown outcome. */
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

/** The server was silent for too long. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

/** The client was replaced or discarded during a call. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('the connection was given up');
  }
}

/** The node of a subscription lags: another node has later events. */
export class LeftBehind extends Error {
  override readonly name = 'LeftBehind';

  constructor() {
    super('a node of the log lags behind the others');
  }
}

/** The client's error for a failed call; Interrupted if it was cancelled here. */
export function callFailure(error: unknown): Error {
  return isClientCancellationError(error) ? new Interrupted() : convertToCommandError(error as Error);
}

/**
 * - `answered`: the server's answer; repeating the call gives the same.
 * - `elsewhere`: another node leads, and the client knows which one: repeat the call.
 * - `unknown`: the outcome is unknown, and the client may be broken.
 *
 * Other errors (a bug, a value that can't be stored) count as answers, so that they are not repeated.
 */
export type Verdict = 'answered' | 'elsewhere' | 'unknown';

const ANSWERS = [AccessDeniedError, MaxAppendSizeExceededError, StreamDeletedError, StreamNotFoundError, WrongExpectedVersionError];
const PORT_ERRORS = [LogUnavailable, NoSuchPosition, RangeError];

export function verdictOf(error: unknown): Verdict {
  if (error instanceof NotLeaderError) return 'elsewhere';
  return [...ANSWERS, ...PORT_ERRORS].some((kind) => error instanceof kind) ? 'answered' : 'unknown';
}

/**
 * The port's error for a failure of the server or the network.
 * @param what the failed operation, such as "read the log"
 * @param fault the diagnosis, if there is one, and what to do about it
 */
export function asUnavailable(error: unknown, what: string, shown: string, fault?: string): LogUnavailable {
  if (error instanceof LogUnavailable) return error;
  if (error instanceof AccessDeniedError) {
    return new LogUnavailable(
      `The event log ${shown} refused to ${what}: check the user and password of its connection string, and the user's permissions.`,
      { cause: error, attempt: what },
    );
  }
  const reason = fault ?? `${messageOf(error) || 'no reason given'}. Check that the server is running, can be reached and has a leader`;
  return new LogUnavailable(`The event log ${shown} could not ${what}: ${reason.replace(/\.$/, '')}.`, { cause: error, attempt: what });
}

/** Whether the client could not connect to any server; its message does not say why. */
export function isNotConnected(error: unknown): boolean {
  return /No connection established|Name resolution failed|Failed to discover/.test(messageOf(error));
}

/** The port's error for a tombstoned stream. */
export function asDeleted(stream: string, shown: string): LogUnavailable {
  return new LogUnavailable(
    `The stream ${stream} was permanently deleted in the event log ${shown}: it can no longer be read or appended to. Use another id.`,
  );
}
