/** Whether two logs tell the same. */
import { mustEqual } from '../check.js';
import type { Metadata, RecordedEvent } from '../../src/kernel/event.js';
import { canonical, linked, NO_EVENTS } from '../../src/migrate/chain.js';

/** Makes sure that they hold the same events in the same order. */
export function mustBeCopy(what: string, actual: readonly RecordedEvent[], expected: readonly RecordedEvent[]): void {
  mustEqual(what, chainOf(actual), chainOf(expected));
}

/** Events without what the server notes of its own with those of an append to several streams, in names that begin with `$`. */
export function withoutNotes(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.map((event) => {
    const own = Object.entries(event.metadata).filter(([name]) => !name.startsWith('$'));
    return { ...event, metadata: Object.fromEntries(own) as unknown as Metadata };
  });
}

/** The hash of these events, as `daybook migrate` tells it of a log. */
export function chainOf(events: readonly RecordedEvent[]) {
  return events.reduce((chain, event) => linked(chain, canonical(event)), NO_EVENTS);
}

/**
 * Makes sure that both hold the same events in each stream: what was loaded twice, from the same source.
 * @param history the times of recording are the source's: they must be the same, too, and in order
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
