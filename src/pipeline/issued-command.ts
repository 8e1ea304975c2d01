/** A command as it was issued: who asks, on which record, and what its events will say of it. */
import { randomUUID } from 'node:crypto';
import { commandSpec, type AnyCommand, type CommandClass, type CommandSpec, type Facts } from '../kernel/command.js';
import { derivedId } from '../kernel/derived-id.js';
import type { Metadata, Stream } from '../kernel/event.js';
import { Rejection } from '../kernel/rejection.js';
import type { EventToAppend } from '../log/port.js';
import { commandHash } from './command-hash.js';

/** Who asks, and in what connection. */
export interface Request {
  readonly actor: string;
  readonly onBehalfOf?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
  /** The times of another system, for events carried over from it: see the log port. */
  readonly carriedOver?: { readonly recordedAt: string; readonly importedAt: string };
}

export interface IssuedCommand {
  readonly command: AnyCommand;
  readonly spec: CommandSpec;
  readonly commandId: string;
  /** The commandId came with the command, so that it may have run before; made here otherwise. */
  readonly idGiven: boolean;
  /** The record that it begins or changes. */
  readonly stream: Stream;
  readonly facts: Facts;
  readonly metadata: EventToAppend['metadata'];
  /** When it was issued, ISO 8601 in UTC. */
  readonly issuedAt: string;
}

/**
 * @param now in milliseconds since 1970
 * @throws Rejection when it is said to happen in the future.
 */
export function issue(command: AnyCommand, request: Request, now: number): IssuedCommand {
  const spec = commandSpec(command.constructor as CommandClass);
  const commandId = command.commandId?.toLowerCase() ?? randomUUID();
  const stream: Stream = { type: spec.aggregate.type, id: command.id ?? derivedId(spec.aggregate.type, commandId) };
  const issuedAt = new Date(now).toISOString();
  const occurredAt = command.occurredAt ?? request.carriedOver?.recordedAt ?? issuedAt;
  if (occurredAt > issuedAt) {
    throw new Rejection('OCCURRED_IN_FUTURE', 'occurredAt is in the future; it may be now or earlier.', 'occurredAt');
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
  const facts: Facts = { id: stream.id, actor: request.actor, occurredAt };
  return { command, spec, commandId, idGiven: command.commandId !== undefined, stream, facts, metadata, issuedAt };
}

/**
 * Whether an event that has the id of one of this command's is what it writes itself, as far as can be told: everything that is known of it
 * besides when it was recorded, which is the log's to say.
 */
export function isOwn({ metadata }: IssuedCommand, written: Metadata): boolean {
  const { recordedAt: _, ...known } = metadata;
  return Object.entries(known).every(([name, value]) => written[name as keyof Metadata] === value);
}
