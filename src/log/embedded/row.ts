/** An event's way into a row of the log, and back out of it. */
import type { Metadata, RecordedEvent } from '../../kernel/event.js';
import { acceptEvents, toMilliseconds } from '../accepted-events.js';
import type { EventToAppend } from '../port.js';
import { partsOfBytes } from '../sealed-parts.js';
import { dashed, hashFrom, hashToStore, told, uuidFrom, uuidToStore } from './binary.js';
import { cut } from './shapes.js';

/** A text that many events have: stored as a number. */
export type Shared = string | null;

/** An event ready to be stored: everything that can be refused or fail about it alone has been done. */
export interface Row {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** Milliseconds since 1970, for an event carried over from another system; otherwise the log's to give. */
  readonly recordedAt: number | undefined;
  readonly occurredAt: number;
  readonly actor: string;
  readonly commandId: Uint8Array | string;
  readonly commandHash: Uint8Array | string;
  readonly correlationId: Uint8Array | string | null;
  readonly causationId: Uint8Array | string | null;
  readonly onBehalfOf: Shared;
  readonly importedAt: number | null;
  readonly acknowledged: Shared;
  readonly shape: Shared;
  readonly data: string;
  readonly sealed: Uint8Array | null;
}

/**
 * The rows of one append.
 * @param now milliseconds since 1970
 * @param copied they bring the times that another log recorded them at
 * @throws RangeError when the events can't be taken.
 */
export function toRows(events: readonly EventToAppend[], now: number, copied = false): readonly Row[] {
  return acceptEvents(events, now, copied).map(({ event, id, recordedAt, occurredAt, sealed }) => {
    const { commandId, commandHash, actor, onBehalfOf, correlationId, causationId, importedAt, acknowledged } = event.metadata;
    const pieces = cut(event.data);
    return {
      id,
      type: event.type,
      version: event.version,
      recordedAt,
      occurredAt,
      actor,
      commandId: uuidToStore(commandId),
      commandHash: hashToStore(commandHash),
      // Most commands are their own cause and begin their own correlation.
      correlationId: correlationId === commandId ? null : uuidToStore(correlationId),
      causationId: causationId === commandId ? null : uuidToStore(causationId),
      onBehalfOf: onBehalfOf ?? null,
      importedAt: importedAt === undefined ? null : toMilliseconds(importedAt),
      acknowledged: acknowledged?.join(' ') ?? null,
      shape: pieces?.shape ?? null,
      data: pieces?.values ?? JSON.stringify(event.data ?? null),
      sealed: sealed ?? null,
    };
  });
}

/** The columns that `toEvent` takes, in its order: rows as arrays are what reads fastest. */
export const EVENT_COLUMNS = `position, stream, revision, type, version, recorded_at, occurred_at, actor, lower(hex(id)),
  ${['command_id', 'command_hash', 'correlation_id', 'causation_id'].map(told).join(', ')},
  on_behalf_of, imported_at, acknowledged, shape, data, sealed`;

export type EventRow = readonly [
  position: number,
  stream: number,
  revision: number,
  type: number,
  version: number,
  recordedAt: number,
  occurredAt: number,
  actor: number,
  id: string,
  commandId: string,
  commandHash: string,
  correlationId: string | null,
  causationId: string | null,
  onBehalfOf: number | null,
  importedAt: number | null,
  acknowledged: number | null,
  shape: number | null,
  data: string,
  sealed: Uint8Array | null,
];

/** What the numbers in a row stand for. */
export interface Numbered {
  text(id: number): string;
  stream(id: number): RecordedEvent['stream'];
  /** Data of its shape and its values. */
  data(shape: number, values: readonly unknown[]): unknown;
}

/** Writes times out. Events that follow each other often have one time, which is written out once. */
function instants(): (at: number) => string {
  let latest = { at: Number.NaN, text: '' };
  return (at) => {
    if (at !== latest.at) latest = { at, text: new Date(at).toISOString() };
    return latest.text;
  };
}

const [occurrence, recording, importing] = [instants(), instants(), instants()];

export function toEvent(row: EventRow, numbered: Numbered): RecordedEvent {
  const [position, stream, revision, type, version, recordedAt, occurredAt, actor, id, command, hash, ...more] = row;
  const [correlation, causation, onBehalfOf, importedAt, acknowledged, shape, json, sealed] = more;
  const commandId = uuidFrom(command);
  const metadata: { -readonly [Name in keyof Metadata]: Metadata[Name] } = {
    commandId,
    commandHash: hashFrom(hash),
    actor: numbered.text(actor),
    correlationId: correlation === null ? commandId : uuidFrom(correlation),
    causationId: causation === null ? commandId : uuidFrom(causation),
    occurredAt: occurrence(occurredAt),
    recordedAt: recording(recordedAt),
  };
  if (onBehalfOf !== null) metadata.onBehalfOf = numbered.text(onBehalfOf);
  if (importedAt !== null) metadata.importedAt = importing(importedAt);
  if (acknowledged !== null) metadata.acknowledged = numbered.text(acknowledged).split(' ');
  const data = JSON.parse(json) as unknown;
  const place = { stream: numbered.stream(stream), revision };
  return {
    id: dashed(id),
    ...place,
    position,
    type: numbered.text(type),
    version,
    data: shape === null ? data : numbered.data(shape, data as readonly unknown[]),
    metadata,
    ...(sealed && { sealed: partsOfBytes(sealed, place) }),
  };
}
