/** An event's way into a row of the log, and back out of it. */
import { parseStreamName, type Metadata, type RecordedEvent } from '../../kernel/event.js';
import type { EventToAppend } from '../port.js';

/** An event ready to be stored: everything that can be refused or fail about it alone has been done. */
export interface Row {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** Milliseconds since 1970, for an event carried over from another system; otherwise the log's to give. */
  readonly recordedAt: number | undefined;
  readonly data: string;
  readonly metadata: string;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/**
 * The rows of one append.
 * @param now milliseconds since 1970
 * @throws RangeError when there are none, an id is no UUID or stands twice, or a `recordedAt` is not the event's to give.
 */
export function toRows(events: readonly EventToAppend[], now: number): readonly Row[] {
  if (events.length === 0) throw new RangeError('An append needs at least one event.');
  const ids = new Set<string>();
  return events.map((event) => {
    const id = event.id.toLowerCase();
    if (!UUID.test(id)) throw new RangeError(`The id of a ${event.type} is not a UUID: "${event.id}".`);
    if (ids.has(id)) throw new RangeError(`Two events of one append have the id ${id}.`);
    ids.add(id);
    const { recordedAt, ...metadata } = event.metadata;
    return {
      id,
      type: event.type,
      version: event.version,
      recordedAt: recordedAt === undefined ? undefined : carriedOver(event, recordedAt, now),
      data: JSON.stringify(event.data ?? null),
      metadata: JSON.stringify(withoutRepeats(metadata)),
    };
  });
}

/** Most commands are their own cause and begin their own correlation: what equals the command's id is left out, and put back on reading. */
function withoutRepeats<Stored extends Pick<Metadata, 'commandId' | 'correlationId' | 'causationId'>>(metadata: Stored): Partial<Stored> {
  const { commandId, correlationId, causationId, ...rest } = metadata;
  return {
    commandId,
    ...(correlationId === commandId ? {} : { correlationId }),
    ...(causationId === commandId ? {} : { causationId }),
    ...rest,
  } as Partial<Stored>;
}

function carriedOver(event: EventToAppend, recordedAt: string, now: number): number {
  if (event.metadata.importedAt === undefined) {
    throw new RangeError(
      `A ${event.type} has a recordedAt but no importedAt: only events carried over from another system bring their own.`,
    );
  }
  const at = toMilliseconds(recordedAt);
  if (at > now) throw new RangeError(`The recordedAt of a ${event.type} lies in the future: ${recordedAt}.`);
  return at;
}

/** @throws RangeError when the text is not an instant. */
export function toMilliseconds(instant: string): number {
  const at = Date.parse(instant);
  if (Number.isNaN(at)) throw new RangeError(`"${instant}" is not an instant: expected ISO 8601, such as 2018-02-26T19:58:54.000Z.`);
  return at;
}

/** A UUID as the `id` column holds it. */
export function toBytes(id: string): Uint8Array {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** The columns that `toEvent` takes, in its order: rows as arrays are what reads fastest. */
export const EVENT_COLUMNS = 'position, stream, revision, lower(hex(id)), type, version, recorded_at, data, metadata';

export type EventRow = readonly [
  position: number,
  stream: string,
  revision: number,
  id: string,
  type: string,
  version: number,
  recordedAt: number,
  data: string,
  metadata: string,
];

export function toEvent([position, stream, revision, id, type, version, recordedAt, data, json]: EventRow): RecordedEvent {
  const metadata = JSON.parse(json) as { -readonly [Name in keyof Metadata]: Metadata[Name] };
  metadata.correlationId ??= metadata.commandId;
  metadata.causationId ??= metadata.commandId;
  metadata.recordedAt = new Date(recordedAt).toISOString();
  return {
    id: `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`,
    stream: parseStreamName(stream),
    revision,
    position,
    type,
    version,
    data: JSON.parse(data) as unknown,
    metadata,
  };
}
