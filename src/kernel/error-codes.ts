/**
 * All error codes with their meanings. docs/errors.md adds the remedies; a test compares the two. The contract's
 * enum `ErrorCode` has those that `userErrors` can contain. Codes are stable: a program may act on them.
 */
import { constantCase } from './constant-case.js';
import type { AnyRecordType } from './record.js';
import type { Codes } from './rejection.js';

/** Codes that every command may return. */
const commandCodes = {
  COMMAND_ID_REUSED: 'This `commandId` was used before for another command or other input.',
  STALE_REVISION: 'The record is no longer at `expectedRevision`. The message gives its current revision.',
  CONFLICT: 'Other commands kept changing the record, in spite of repeated attempts.',
  OCCURRED_IN_FUTURE: '`occurredAt` is later than now.',
} as const;

/** Codes of operations. */
const operationCodes = {
  NOT_FOUND: 'There is no read model, build or dead letter with that name. The message lists the existing ones.',
  STALE_DECISION:
    'The event to skip is not, or no longer, the first one of the dead letter: somebody else has decided, or the response to this skip was lost. The message names the first one.',
  NOT_READY:
    "The build can't change its state now: it is still being built, is behind, answers queries, or did so a moment ago. Or a verification can't start: the read model was never built, or 20 verifications are running or waiting. The message gives the reason.",
} as const;

/** Codes of subscriptions: `extensions.code` of a GraphQL error. */
const subscriptionCodes = {
  SLOW_CLIENT:
    'The client took nothing for `slowClientMs` while more than `slowClientEvents` events waited for it. `extensions.missed` is their number (100,000 means 100,000 or more).',
  READ_AGAIN: "The changes can't be listed: all dead letters were retried at once, or this version of the read model was dropped.",
  TOO_MANY_SUBSCRIPTIONS: 'The websocket has the maximum number of subscriptions (`subscriptionsPerSocket`).',
  WEBSOCKET_ONLY: 'A subscription was sent over HTTP (status 400).',
  HTTP_ONLY: 'A query or mutation was sent over a websocket.',
  OPERATION_RESOLUTION_FAILURE: 'The document has several operations, or none with the given name.',
  TOO_MANY_SOCKETS: 'The maximum number of websockets is open (`sockets`). The response is HTTP 503.',
  FOREIGN_ORIGIN: 'A page of another site tried to open a websocket. The response is HTTP 403.',
} as const;

/** Codes of requests: `extensions.code` of a GraphQL error. */
const requestCodes = {
  GRAPHQL_PARSE_FAILED: 'The query is not valid GraphQL, or exceeds a limit of [api.md](api.md).',
  GRAPHQL_VALIDATION_FAILED: 'The query does not match the contract, or exceeds a limit of [api.md](api.md).',
  BAD_USER_INPUT: 'A value is not allowed. `extensions.problems` has the path of each argument and the allowed values.',
  BAD_CURSOR: '`after` is not a cursor of this query.',
  POSITION_TIMEOUT: 'The read model did not reach `minPosition` in time; `extensions.position` is its current position.',
  NO_HISTORY: 'The read model keeps no past versions.',
  TOO_MANY_GROUPS: 'The summary has too many groups.',
  ANSWER_TOO_LARGE: 'The response would have more values than [api.md](api.md) allows.',
  BODY_TOO_LARGE: 'The body is larger than `bodyLimitBytes`.',
  TIMED_OUT: 'The response took longer than `requestTimeoutMs` (HTTP 503). A command may still have been executed.',
  BAD_REQUEST: 'A header or the body is malformed.',
  UNAVAILABLE: 'The log, the read models or the keys of personal data are not available.',
  INTERNAL_SERVER_ERROR: 'An internal error.',
} as const;

/** The codes by section of docs/errors.md, without those of the contexts. */
export const errorCodes = {
  'Every command': commandCodes,
  Operations: operationCodes,
  Subscriptions: subscriptionCodes,
  Requests: requestCodes,
} as const;

/** The codes that `userErrors` can contain, besides those of contexts and record types. */
export const userErrorCodes = { ...commandCodes, ...operationCodes } as const;

/** The codes of a request that fails. */
export type RequestCode = keyof typeof subscriptionCodes | keyof typeof requestCodes | keyof typeof operationCodes;

/** The codes of a record type with their meanings. */
export function recordCodes({ type: recordType, erasedBy }: Pick<AnyRecordType, 'type' | 'erasedBy'>): Codes {
  const name = constantCase(recordType);
  return {
    ...(erasedBy === undefined
      ? {}
      : { [`${name}_ERASED`]: `The personal data of the ${recordType} was erased: it can't be changed any more.` }),
    [`${name}_NOT_FOUND`]: `There is no record of type ${recordType} with this id.`,
    [`${name}_EXISTS`]: `There already is a record of type ${recordType} with the id given for a new one.`,
  };
}
