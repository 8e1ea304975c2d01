/** What was read from the log, as the program knows it today. */
import type { RecordedEvent } from '../kernel/event.js';

/** An event in its current shape; a failure where it can't be brought to it. */
export type Readable =
  { readonly event: RecordedEvent; readonly current: RecordedEvent } | { readonly event: RecordedEvent; readonly failure: unknown };

export function readable(event: RecordedEvent, toCurrent: (event: RecordedEvent) => RecordedEvent): Readable {
  try {
    return { event, current: toCurrent(event) };
  } catch (failure) {
    return { event, failure };
  }
}
