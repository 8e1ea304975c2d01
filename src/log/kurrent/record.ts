/**
 * Events as EventStoreDB stores them: data as JSON, and metadata as one flat JSON object of strings, with the server's names for correlation
 * and causation. Events in another form were written by other programs and are ignored.
 */
import type { AllStreamRecordedEvent, JSONEventData, RecordedEvent as StoredEvent } from '@kurrent/kurrentdb-client';
import { parseStreamName, streamName, type Metadata, type Position, type RecordedEvent, type Stream } from '../../kernel/event.js';
import type { AcceptedEvent } from '../accepted-events.js';
import { LogUnavailable } from '../port.js';

/** The client's type of an event, from a stream or from `$all`. */
export type Stored = StoredEvent | AllStreamRecordedEvent;

/** @param recordedAt milliseconds since 1970 */
export function toStored({ event, id }: AcceptedEvent, recordedAt: number): JSONEventData {
  const { correlationId, causationId, ...rest } = event.metadata;
  const metadata = {
    ...rest,
    $correlationId: correlationId,
    $causationId: causationId,
    recordedAt: new Date(recordedAt).toISOString(),
    schemaVersion: String(event.version),
  };
  return { id, type: event.type, contentType: 'application/json', data: (event.data ?? null) as JSONEventData['data'], metadata };
}

/** The size of an event in an append, in bytes, as the server counts it. */
export function storedSize({ type, data, metadata }: JSONEventData): number {
  return Buffer.byteLength(JSON.stringify(data)) + Buffer.byteLength(JSON.stringify(metadata)) + 2 * type.length;
}

/** The name of a stream in the server. */
export function storedName(stream: Stream, prefix: string): string {
  return prefix + streamName(stream);
}

/**
 * A regular expression, in what .NET and JavaScript have in common, of the streams that may be ours: a prefix ends with a dot or a low line,
 * which no stream type has, so that a Daybook without one, or with a shorter one, does not take another's streams for its own.
 */
export function streamsOf(prefix: string): string {
  return `^${escaped(prefix)}[A-Za-z0-9]+-`;
}

const compiled = new Map<string, RegExp>();

function ownStreams(prefix: string): RegExp {
  const known = compiled.get(prefix) ?? new RegExp(streamsOf(prefix));
  compiled.set(prefix, known);
  return known;
}

/** A regular expression of the named types, exactly. */
export function typesAmong(types: readonly string[]): string {
  return `^(?:${types.map(escaped).join('|')})$`;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

/** Fields that an event of ours has, each a text. */
const REQUIRED = ['commandId', 'commandHash', 'actor', '$correlationId', '$causationId', 'occurredAt', 'recordedAt', 'schemaVersion'];

/**
 * The event as the port has it; undefined when it was not written by Daybook.
 * @throws LogUnavailable when its position can't be told or kept.
 */
export function fromStored(event: Stored, prefix: string): RecordedEvent | undefined {
  const { metadata: about } = event;
  if (!event.isJson || !ownStreams(prefix).test(event.streamId)) return undefined;
  if (typeof about !== 'object' || about === null) return undefined;
  const fields = about as Readonly<Record<string, string>>;
  if (REQUIRED.some((name) => typeof fields[name] !== 'string')) return undefined;
  const { $correlationId, $causationId, schemaVersion, ...rest } = fields;
  // KurrentDB adds names of its own to what was appended to several streams at once.
  for (const name of Object.keys(rest)) if (name.startsWith('$')) Reflect.deleteProperty(rest, name);
  return {
    id: event.id,
    stream: parseStreamName(event.streamId.slice(prefix.length)),
    revision: Number(event.revision),
    position: positionOf(event),
    type: event.type,
    version: Number(schemaVersion),
    data: event.data,
    metadata: { ...rest, correlationId: $correlationId, causationId: $causationId } as Metadata,
  };
}

/** @throws LogUnavailable */
export function positionOf(event: Stored): Position {
  return toPosition(event.position?.commit ?? -1n);
}

/**
 * A position in the server's log as a number.
 * @throws LogUnavailable when the server does not return it, or it exceeds 2^53 - 1: about 9,000 terabytes.
 */
export function toPosition(commit: bigint): Position {
  // Old servers return all ones for the events of a stream.
  if (commit < 0n || commit >= 2n ** 63n) {
    throw new LogUnavailable('The event log does not return the positions of events: EventStoreDB 23.10 or later is required.');
  }
  if (commit > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new LogUnavailable(`The event log has grown beyond position ${Number.MAX_SAFE_INTEGER}, Daybook's maximum.`);
  }
  return Number(commit);
}
