/** Recorded events and their streams. */
import type { NewEvent } from '../../contracts/event.js';
import type { Definitions } from '../../contracts/definitions.js';
import { upcast } from '../../contracts/event.js';

/** The history of one record: a type such as `lead`, and the record's id. */
export interface Stream {
  readonly type: string;
  readonly id: string;
}

/**
 * The place of an event in the order of the whole log. Positions increase and may have gaps; 0 is before the first event.
 * A safe integer (at most 2^53 - 1): rows of the embedded log, log offsets on EventStoreDB.
 */
export type Position = number;

/** The metadata of an event. Times are ISO 8601 in UTC with milliseconds. */
export interface Metadata {
  readonly commandId: string;
  /** SHA-256 of the command's name and input: the same commandId with other input is refused. */
  readonly commandHash: string;
  readonly actor: string;
  readonly onBehalfOf?: string;
  readonly correlationId: string;
  readonly causationId: string;
  /** When it happened in the world; key figures use it. */
  readonly occurredAt: string;
  /** When the log took it; as-of queries use it. */
  readonly recordedAt: string;
  /** Set on events imported from another system, whose `recordedAt` is that system's time. */
  readonly importedAt?: string;
  /** The codes of the warnings that the user acknowledged. Absent when there were none. */
  readonly acknowledged?: readonly string[];
}

/** Fields of an event's data that are encrypted under one key. */
export interface SealedPart {
  /** The id of the key: 12 random bytes as 16 characters of base64url. */
  readonly k: string;
  /** Format byte 0x01, nonce (12 bytes), AES-256-GCM ciphertext, tag (16 bytes). */
  readonly v: Uint8Array;
}

export interface RecordedEvent<Type extends string = string, Data = unknown> extends NewEvent<Type, Data> {
  readonly id: string;
  readonly stream: Stream;
  /** Its place in the stream, from 0. */
  readonly revision: number;
  readonly position: Position;
  readonly metadata: Metadata;
  /** Absent when nothing is sealed. The sealed fields are not in `data`, unless they were opened. */
  readonly sealed?: readonly SealedPart[];
  /** Why sealed fields are null in `data`, which has been opened: they were erased, or their key was lost. Absent when none are. */
  readonly withheld?: Withheld;
}

/** Why sealed fields are null: they were erased, or their key was lost. */
export type Withheld = 'erased' | 'lost';

/** The recorded form of each event of a union. */
export type Recorded<Event extends NewEvent> = Event extends NewEvent<infer Type, infer Data> ? RecordedEvent<Type, Data> : never;

/** The name of a stream in a log, such as `lead-6f1c…`. A type contains no dash, so the first dash separates type and id. */
export function streamName(stream: Stream): string {
  return `${stream.type}-${stream.id}`;
}

/** @throws RangeError when the name has no dash. */
export function parseStreamName(name: string): Stream {
  const dash = name.indexOf('-');
  if (dash < 1) throw new RangeError(`"${name}" is not a stream name: expected a record type, a dash and an id.`);
  return { type: name.slice(0, dash), id: name.slice(dash + 1) };
}

/**
 * The event with its data in the current shape of its type.
 * @throws RangeError when its type or version is not known to this program.
 */
export function toCurrent(event: RecordedEvent, definitions: Definitions): RecordedEvent {
  const definition = definitions(event.type);
  if (!definition) {
    throw new RangeError(
      `Event type ${event.type} (${streamName(event.stream)}, revision ${event.revision}) is not known to this program.`,
    );
  }
  if (event.version === definition.version) return event;
  return { ...event, version: definition.version, data: upcast(definition, event.version, event.data) };
}

/** The event for display: as `toCurrent` returns it, or as recorded when this program can't upcast it. */
export function toShow(event: RecordedEvent, definitions: Definitions): RecordedEvent {
  try {
    return toCurrent(event, definitions);
  } catch {
    return event;
  }
}
