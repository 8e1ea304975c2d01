/** Logs to be moved: filled with what a log may hold, read whole, and cleared of what differs between engines. */
import { randomUUID } from 'node:crypto';
import type { RecordedEvent, Stream } from '../../../src/kernel/event.js';
import type { EventLog } from '../../../src/log/port.js';
import { allEvents, freshStream, noted, sealedPart } from './log-events.js';

/**
 * Appends streams that take turns, one to three events at a time: with and without a cause, on behalf of somebody, carried over from another
 * system, in any script.
 * @param log opened to be a copy, so that its events have the times that the test gives them
 */
export async function fill(log: EventLog, appends: number): Promise<void> {
  const streams: Stream[] = Array.from({ length: 7 }, () => freshStream());
  const revisions = new Map<Stream, number>();
  const began = Date.parse('2024-02-29T23:59:58.999Z');
  const all: Promise<unknown>[] = [];
  for (let n = 0; n < appends; n += 1) {
    const stream = streams[n % 11 === 0 ? 0 : n % 7] ?? freshStream();
    const events = Array.from({ length: 1 + (n % 3) }, (_, index) => {
      const event = noted({ n, index, name: 'Ștefănescu 東京 "x"', nested: { z: [1.5, null], a: false } }, { recordedAt: time(n) });
      const sealed = n % 6 === 0 ? { sealed: [sealedPart(), sealedPart()] } : {};
      const cause =
        n % 4 === 0
          ? { causationId: randomUUID(), correlationId: randomUUID(), onBehalfOf: 'ben', acknowledged: ['LATE', 'DUPLICATE_EMAIL'] }
          : {};
      const mark = n % 5 === 0 ? { importedAt: '2025-01-01T00:00:00.000Z' } : {};
      return { ...event, ...sealed, metadata: { ...event.metadata, ...cause, ...mark } };
    });
    const last = revisions.get(stream);
    revisions.set(stream, (last ?? -1) + events.length);
    all.push(log.append(stream, last ?? 'none', events));
    if (all.length === 500 || n === appends - 1) await Promise.all(all.splice(0));
  }
  function time(n: number): string {
    return new Date(began + Math.floor(n / 2) * 1_500).toISOString();
  }
}

/** All events of a log in order, without their positions, which are the engine's. */
export async function wholeOf(log: EventLog): Promise<readonly Omit<RecordedEvent, 'position'>[]> {
  return (await allEvents(log)).map(({ position: _, ...event }) => event);
}
