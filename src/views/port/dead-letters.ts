/** Dead letters: events that were not applied to a document, since the handler failed on them or on an earlier event of the document. */
import type { Position, Stream } from '../../kernel/event.js';
import type { Served } from './builds.js';

/** One event that was not applied to one document. */
export interface UnappliedEvent {
  /** The document's key. If the handler failed before it named the documents: `keyOfStream` of the event's stream. */
  readonly key: string;
  readonly position: Position;
  readonly id: string;
  readonly type: string;
  readonly stream: Stream;
  readonly revision: number;
  /** Why the handler failed; null when the event only follows one that failed. */
  readonly error: string | null;
  /** How often the handler was tried; 0 when the event only follows one that failed. */
  readonly attempts: number;
  /** When the event became a dead letter, ISO 8601. */
  readonly since: string;
}

/** A dead letter that is new or has another error; or one that was applied or skipped (`done`). */
export type DeadLetterChange = UnappliedEvent | { readonly key: string; readonly position: Position; readonly done: true };

/** All dead letters of one document. */
export interface DeadLetter {
  /** The event that the handler failed on. */
  readonly first: UnappliedEvent;
  /** How many dead letters the document has, including the first. */
  readonly eventCount: number;
}

export interface DeadLetterOptions {
  readonly first: number;
  readonly after?: string;
  readonly keys?: readonly string[];
}

export interface UnappliedEventOptions {
  readonly first: number;
  readonly after?: Position;
}

export interface DeadLetterQueries {
  /** Documents with dead letters, ordered by key; limited to `keys` if given. */
  deadLetters(build: Served, options: DeadLetterOptions): Promise<readonly DeadLetter[]>;
  /** The dead letters of one document, oldest first. */
  unappliedEvents(build: Served, key: string, options: UnappliedEventOptions): Promise<readonly UnappliedEvent[]>;
}
