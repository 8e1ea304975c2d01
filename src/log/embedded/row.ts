/** An event's way into a row of the log, and back out of it. */
import { parseStreamName, type Metadata, type RecordedEvent } from '../../kernel/event.js';
import { acceptEvents } from '../accepted-events.js';
import type { EventToAppend } from '../port.js';
import { partsOfBytes } from '../sealed-parts.js';

/** An event ready to be stored: everything that can be refused or fail about it alone has been done. */
export interface Row {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** Milliseconds since 1970, for an event carried over from another system; otherwise the log's to give. */
  readonly recordedAt: number | undefined;
  readonly data: string;
  readonly metadata: string;
  readonly sealed: Uint8Array | null;
}

/**
 * The rows of one append.
 * @param now milliseconds since 1970
 * @param copied they bring the times that another log recorded them at
 * @throws RangeError when the events can't be taken.
 */
export function toRows(events: readonly EventToAppend[], now: number, copied = false): readonly Row[] {
  return acceptEvents(events, now, copied).map(({ event, id, recordedAt, sealed }) => {
    const { recordedAt: _, ...metadata } = event.metadata;
    return {
      id,
      type: event.type,
      version: event.version,
      recordedAt,
      data: JSON.stringify(event.data ?? null),
      metadata: JSON.stringify(withoutRepeats(metadata)),
      sealed: sealed ?? null,
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

/** A UUID as the `id` column holds it. */
export function toBytes(id: string): Uint8Array {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** The columns that `toEvent` takes, in its order: rows as arrays are what reads fastest. */
export const EVENT_COLUMNS = 'position, stream, revision, lower(hex(id)), type, version, recorded_at, data, metadata, sealed';

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
  sealed: Uint8Array | null,
];

/** Events that were appended together have one time, which is written out once. */
let latest = { at: Number.NaN, text: '' };

function instantOf(at: number): string {
  if (at !== latest.at) latest = { at, text: new Date(at).toISOString() };
  return latest.text;
}

export function toEvent([position, stream, revision, id, type, version, recordedAt, data, json, sealed]: EventRow): RecordedEvent {
  const metadata = JSON.parse(json) as { -readonly [Name in keyof Metadata]: Metadata[Name] };
  metadata.correlationId ??= metadata.commandId;
  metadata.causationId ??= metadata.commandId;
  metadata.recordedAt = instantOf(recordedAt);
  const place = { stream: parseStreamName(stream), revision };
  return {
    ...place,
    id: `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`,
    position,
    type,
    version,
    data: JSON.parse(data) as unknown,
    metadata,
    ...(sealed && { sealed: partsOfBytes(sealed, place) }),
  };
}
