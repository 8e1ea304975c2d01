/** How an event that was not applied is recorded: for which document, or for which stream, and why. */
import { streamName, type RecordedEvent } from '../kernel/event.js';
import { messageOf } from '../kernel/message-of.js';
import type { UnappliedEvent } from '../views/port/dead-letters.js';

const STREAM = '@stream ';

/**
 * The key of the dead letter when the handler failed before it named the documents: the event's stream. No id or compound key has this form, and
 * an operator can type it.
 */
export function streamKey(event: RecordedEvent): string {
  return `${STREAM}${streamName(event.stream)}`;
}

/** Whether the key of a dead letter names a stream. */
export function isStreamKey(key: string): boolean {
  return key.startsWith(STREAM);
}

/** @param error null when the event only follows one that failed */
export function unappliedEvent(
  event: RecordedEvent,
  key: string,
  now: string,
  error: string | null,
  attempts = error === null ? 0 : 1,
): UnappliedEvent {
  const { id, type, stream, revision, position } = event;
  return { key, position, id, type, stream, revision, error, attempts, since: now };
}

/** The failure's message, at most 500 characters: it may quote a whole document. */
export function reasonOf(failure: unknown): string {
  return messageOf(failure).slice(0, 500);
}
