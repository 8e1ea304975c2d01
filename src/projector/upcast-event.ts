/** Events as read from the log, brought to their current version. */
import type { RecordedEvent } from '../kernel/event.js';

/** An event with its current version, or with the failure of its upcaster. */
export type UpcastEvent =
  { readonly event: RecordedEvent; readonly current: RecordedEvent } | { readonly event: RecordedEvent; readonly failure: unknown };

export function upcastEvent(event: RecordedEvent, toCurrent: (event: RecordedEvent) => RecordedEvent): UpcastEvent {
  try {
    return { event, current: toCurrent(event) };
  } catch (failure) {
    return { event, failure };
  }
}
