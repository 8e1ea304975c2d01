/** The changes that a page of events asks for, before any document is loaded. */
import type { RecordedEvent } from '../kernel/event.js';
import type { Change, Projection } from '../kernel/projection.js';
import { changesOf } from './handler-results.js';
import type { UpcastEvent } from './upcast-event.js';

/** An event with its changes, or with the handler's failure. */
export type Step =
  | { readonly event: RecordedEvent; readonly changes: readonly Change[] }
  | { readonly event: RecordedEvent; readonly changes?: never; readonly failure: unknown };

export function planOf(projection: Projection, events: readonly UpcastEvent[]): readonly Step[] {
  return events.map((readable) => planned(projection, readable));
}

function planned(projection: Projection, readable: UpcastEvent): Step {
  if ('failure' in readable) return readable;
  try {
    return { event: readable.event, changes: changesOf(projection, readable.current) };
  } catch (failure) {
    return { event: readable.event, failure };
  }
}

/** The keys of the documents that are changed by key. */
export function keysOf(plan: readonly Step[]): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const step of plan) for (const { key } of step.changes ?? []) if (key !== undefined) keys.add(key);
  return keys;
}
