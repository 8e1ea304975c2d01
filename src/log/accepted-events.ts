/** Validates events before an append: the same for every engine. */
import type { EventToAppend } from './port.js';
import { sealedBytes } from './sealed-parts.js';

/** A validated event. */
export interface AcceptedEvent {
  readonly event: EventToAppend;
  /** The event's UUID in lower case. */
  readonly id: string;
  /** Milliseconds since 1970 for an imported or copied event; otherwise undefined, and the log sets it. */
  readonly recordedAt: number | undefined;
  /** When it happened, in milliseconds since 1970. */
  readonly occurredAt: number;
  /** The stored form of its sealed parts; undefined when nothing is sealed. */
  readonly sealed: Uint8Array | undefined;
}

/** A code, such as `DUPLICATE_EMAIL`. */
const CODE = /^[A-Z][A-Z0-9_]*$/;

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/**
 * Validates the events of one append.
 * @param now milliseconds since 1970
 * @param copied whether they are copied from another log of Daybook and keep their recorded times
 * @throws RangeError when there are none, an id is not a UUID or occurs twice, a `recordedAt` is not allowed, or a time, the sealed parts or
 *   the acknowledged codes are malformed.
 */
export function acceptEvents(events: readonly EventToAppend[], now: number, copied = false): readonly AcceptedEvent[] {
  if (events.length === 0) throw new RangeError('An append needs at least one event.');
  const ids = new Set<string>();
  return events.map((event) => {
    const id = event.id.toLowerCase();
    if (!UUID.test(id)) throw new RangeError(`The id of a ${event.type} is not a UUID: "${event.id}".`);
    if (ids.has(id)) throw new RangeError(`Two events of one append have the id ${id}.`);
    ids.add(id);
    const { recordedAt, importedAt } = event.metadata;
    const occurredAt = exactly(event, 'occurredAt', event.metadata.occurredAt);
    if (importedAt !== undefined) exactly(event, 'importedAt', importedAt);
    checkAcknowledged(event);
    const accepted = { event, id, occurredAt, sealed: event.sealed && sealedBytes(event.sealed) };
    if (recordedAt === undefined) return { ...accepted, recordedAt };
    return { ...accepted, recordedAt: copied ? toMilliseconds(recordedAt) : carriedOver(event, recordedAt, now) };
  });
}

/** Logs store milliseconds: a time in another form would come back in this one. @returns milliseconds since 1970 */
function exactly({ type }: EventToAppend, name: string, time: string): number {
  const at = Date.parse(time);
  if (!Number.isNaN(at) && new Date(at).toISOString() === time) return at;
  throw new RangeError(
    `The ${name} of a ${type} is "${time}": expected ISO 8601 in UTC with milliseconds, such as 2018-02-26T19:58:54.000Z.`,
  );
}

function checkAcknowledged({ type, metadata: { acknowledged } }: EventToAppend): void {
  if (acknowledged === undefined) return;
  if (acknowledged.length === 0) {
    throw new RangeError(`A ${type} acknowledges an empty list of warnings: leave it out when there are none.`);
  }
  const wrong = acknowledged.find((code) => !CODE.test(code));
  if (wrong !== undefined) throw new RangeError(`A ${type} acknowledges "${wrong}", which is not a code such as DUPLICATE_EMAIL.`);
}

function carriedOver(event: EventToAppend, recordedAt: string, now: number): number {
  if (event.metadata.importedAt === undefined) {
    throw new RangeError(`A ${event.type} has a recordedAt but no importedAt: only imported events have their own.`);
  }
  const at = toMilliseconds(recordedAt);
  if (at > now) throw new RangeError(`The recordedAt of a ${event.type} is in the future: ${recordedAt}.`);
  return at;
}

/** @throws RangeError when the text is not an instant. */
export function toMilliseconds(instant: string): number {
  const at = Date.parse(instant);
  if (Number.isNaN(at)) throw new RangeError(`"${instant}" is not an instant: expected ISO 8601, such as 2018-02-26T19:58:54.000Z.`);
  return at;
}
