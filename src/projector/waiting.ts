/** An event that waits: the document, or the stream, that it waits for, and why. */
import { messageOf } from '../kernel/message-of.js';
import { streamName, type RecordedEvent } from '../kernel/event.js';
import type { WaitingEvent } from '../views/port.js';

const OF_STREAM = '@stream ';

/**
 * What stands for the documents of an event that could not even be named: its stream, in a form that neither ids nor compound keys have, and
 * that an operator can type.
 */
export function keyOfStream(event: RecordedEvent): string {
  return `${OF_STREAM}${streamName(event.stream)}`;
}

/** Whether a key that waits stands for a stream. */
export function isOfStream(key: string): boolean {
  return key.startsWith(OF_STREAM);
}

/** @param error null: it waits behind another */
export function waitingEvent(
  event: RecordedEvent,
  key: string,
  now: string,
  error: string | null,
  attempts = error === null ? 0 : 1,
): WaitingEvent {
  const { id, type, stream, revision, position } = event;
  return { key, position, id, type, stream, revision, error, attempts, parkedAt: now };
}

/** A failure's own words, bounded: it may quote a document at length. */
export function reasonOf(failure: unknown): string {
  return messageOf(failure).slice(0, 500);
}
