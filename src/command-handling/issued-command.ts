/** A command with the request that issued it: record, context and the metadata of its events. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Command, DecisionContext } from '../kernel/command.js';
import { derivedId } from '../kernel/derived-id.js';
import type { Metadata, Stream } from '../kernel/event.js';
import type { AnyRecordType } from '../kernel/record.js';
import { Rejection } from '../kernel/rejection.js';
import type { EventToAppend } from '../log/port.js';
import { commandHash } from './command-hash.js';

/** Who issues a command, and its context. */
export interface Request {
  readonly actor: string;
  /** The id of a command without one. Defaults to a generated one. */
  readonly commandId?: string;
  readonly onBehalfOf?: string;
  readonly correlationId?: string;
  /**
   * A repeated command is recognized by its id alone, whatever its input. For policies: the data that their input is derived from may have been
   * erased meanwhile.
   */
  readonly repeatsById?: boolean;
  readonly causationId?: string;
  /** The times of another system, for imported events: see the log port. */
  readonly carriedOver?: { readonly recordedAt: string; readonly importedAt: string };
}

export interface IssuedCommand {
  readonly command: Command;
  readonly commandId: string;
  /** Whether the command came with a commandId, and so may have run before. */
  readonly idGiven: boolean;
  /** See `Request`. */
  readonly repeatsById: boolean;
  /** The record that it creates or changes. */
  readonly stream: Stream;
  readonly context: DecisionContext;
  readonly metadata: EventToAppend['metadata'];
  /** When it was issued, ISO 8601 in UTC. */
  readonly issuedAt: string;
}

/**
 * @param now in milliseconds since 1970
 * @throws Rejection when occurredAt is in the future.
 */
export function issue(command: Command, request: Request, now: number): IssuedCommand {
  const commandId = command.commandId?.toLowerCase() ?? request.commandId ?? randomUUID();
  const stream = streamOf(command.definition.record, command.id, commandId);
  const issuedAt = new Date(now).toISOString();
  const occurredAt = command.occurredAt ?? request.carriedOver?.recordedAt ?? issuedAt;
  if (occurredAt > issuedAt) {
    throw new Rejection('OCCURRED_IN_FUTURE', 'occurredAt is in the future. It must be now or earlier.', 'occurredAt');
  }
  const metadata: EventToAppend['metadata'] = {
    commandId,
    commandHash: commandHash(command),
    actor: request.actor,
    ...(request.onBehalfOf === undefined ? {} : { onBehalfOf: request.onBehalfOf }),
    correlationId: request.correlationId ?? commandId,
    causationId: request.causationId ?? commandId,
    occurredAt,
    ...request.carriedOver,
  };
  const context: DecisionContext = { id: stream.id, actor: request.actor, occurredAt };
  return {
    command,
    commandId,
    idGiven: command.commandId !== null,
    repeatsById: request.repeatsById ?? false,
    stream,
    context,
    metadata,
    issuedAt,
  };
}

/** The stream of a command's record. Without an id, it is a new record, whose id is derived from the commandId. */
export function streamOf({ type }: Pick<AnyRecordType, 'type'>, id: string | null | undefined, commandId: string): Stream {
  return { type, id: id ?? derivedId(type, commandId) };
}

/**
 * Whether an event with the id of one of this command's events was written by this run: all its metadata is equal, except for recordedAt,
 * which the log sets, and for the hash, which a log that seals events keys.
 */
export function isWrittenBy({ metadata }: IssuedCommand, written: Metadata): boolean {
  const { recordedAt: _, commandHash: __, ...known } = metadata;
  return Object.entries(known).every(([name, value]) => isDeepStrictEqual(written[name as keyof Metadata], value));
}
