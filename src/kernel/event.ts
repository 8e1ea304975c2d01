/** An event as the log keeps it, and the stream that it belongs to. */
import type { NewEvent } from '../../contracts/event.js';
import { definitionOf, type Definitions } from '../../contracts/index.js';
import { upcast } from '../../contracts/event.js';

/** The history of one record: a type such as `lead`, and the record's id. */
export interface Stream {
  readonly type: string;
  readonly id: string;
}

/**
 * Place of an event in the order of the whole log: it grows and may have gaps. 0 is before the first event.
 * A safe integer (at most 2^53 - 1): rows of the embedded log, log offsets on EventStoreDB.
 */
export type Position = number;

/** What is known about an event besides what happened. Times are ISO 8601 in UTC with milliseconds. */
export interface Metadata {
  readonly commandId: string;
  /** SHA-256 of the command's name and input: the same commandId with other input is refused. */
  readonly commandHash: string;
  readonly actor: string;
  readonly onBehalfOf?: string;
  readonly correlationId: string;
  readonly causationId: string;
  /** When it happened in the world; key figures are bucketed by it. */
  readonly occurredAt: string;
  /** When the system took it; as-of means this. */
  readonly recordedAt: string;
  /** Set on events that were carried over from another system with that system's times as `recordedAt`. */
  readonly importedAt?: string;
}

export interface RecordedEvent<Type extends string = string, Data = unknown> extends NewEvent<Type, Data> {
  readonly id: string;
  readonly stream: Stream;
  /** Place in its stream, from 0. */
  readonly revision: number;
  readonly position: Position;
  readonly metadata: Metadata;
}

/** The recorded form of each event of a union. */
export type Recorded<Event extends NewEvent> = Event extends NewEvent<infer Type, infer Data> ? RecordedEvent<Type, Data> : never;

/** `lead-6f1c…`: how a stream is named in a log. The type has no dash, so the first dash parts the two. */
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
export function toCurrent(event: RecordedEvent, definitions: Definitions = definitionOf): RecordedEvent {
  const definition = definitions(event.type);
  if (!definition) {
    throw new RangeError(
      `Event type ${event.type} (${streamName(event.stream)}, revision ${event.revision}) is not known to this program.`,
    );
  }
  if (event.version === definition.version) return event;
  return { ...event, version: definition.version, data: upcast(definition, event.version, event.data) };
}

/** The event as it is shown to people: as `toCurrent` gives it, or as it was recorded where this program can't bring it to that shape. */
export function toShow(event: RecordedEvent): RecordedEvent {
  try {
    return toCurrent(event);
  } catch {
    return event;
  }
}
