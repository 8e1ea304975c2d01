/** A record type, whatever the types of its state and events. */
import type { AnyEventDefinition } from '../../contracts/event.js';
import type { RecordTypeName } from '../../contracts/record-types.js';
import type { RecordedEvent } from './event.js';

export interface AnyRecordType {
  /** The stream type of its records. */
  readonly type: RecordTypeName;
  readonly events: readonly AnyEventDefinition[];
  /** The names of the commands that were declared of it, so that one that no context lists is found. */
  readonly commandNames: readonly string[];
  /** The event type that erases a record for good: no command changes it any more. */
  readonly erasedBy: string | undefined;
  /**
   * The state after an event. Unknown event types leave it unchanged.
   * @param state undefined before the first event
   * @throws RangeError when the event can't be a record's first
   */
  evolve(state: unknown, event: RecordedEvent): unknown;
}

/** The state of the records of a type. */
export type StateOf<R extends AnyRecordType> = NonNullable<ReturnType<R['evolve']>>;
