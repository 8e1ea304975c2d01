/** Checks that two logs are equal. */
import { mustEqual } from '../check.js';
import type { Metadata, RecordedEvent } from '../../src/kernel/event.js';
import { canonical, linked, NO_EVENTS } from '../../src/migrate/chain.js';

/** Checks that both have the same events in the same order. */
export function mustBeCopy(what: string, actual: readonly RecordedEvent[], expected: readonly RecordedEvent[]): void {
  mustEqual(what, chainOf(actual), chainOf(expected));
}

/** Events without the metadata that the server adds on appends to several streams, whose names begin with `$`. */
export function withoutNotes(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.map((event) => {
    const own = Object.entries(event.metadata).filter(([name]) => !name.startsWith('$'));
    return { ...event, metadata: Object.fromEntries(own) as Metadata };
  });
}

/** The hash of events, as `daybook migrate` computes it. */
export function chainOf(events: readonly RecordedEvent[]) {
  return events.reduce((chain, event) => linked(chain, canonical(event)), NO_EVENTS);
}

/**
 * Checks that both have the same events in each stream, after loading the same source twice.
 * @param history whether recorded times are the source's: then they must also be equal and in order
 */
export function mustTellTheSame(
  what: string,
  actual: readonly RecordedEvent[],
  expected: readonly RecordedEvent[],
  { history = false }: { readonly history?: boolean } = {},
): void {
  const told = (events: readonly RecordedEvent[]) => events.map((event) => withoutTimes(event, history)).sort();
  const [ours, theirs] = [told(actual), told(expected)];
  mustEqual(`how many events ${what} holds`, ours.length, theirs.length);
  for (const [index, event] of theirs.entries()) mustEqual(`an event of ${what}`, ours[index], event);
  if (!history) return;
  const times = actual.map(({ metadata }) => metadata.recordedAt);
  mustEqual(
    `whether the times of ${what} are in order`,
    times.every((time, index) => time >= (times[index - 1] ?? '')),
    true,
  );
}

function withoutTimes(event: RecordedEvent, history: boolean): string {
  const { recordedAt, importedAt: _, ...metadata } = event.metadata;
  return canonical({ ...event, metadata: { ...metadata, recordedAt: history ? recordedAt : '' } });
}
