/**
 * Finds the position of an instant. The server has no index by time and accepts no positions inside a record, so binary search is
 * impossible: the search starts at the nearest known event, forwards or backwards.
 *
 * Processes use their own clocks, so recorded times may decrease along the log, by at most `SKEW_MS`; readers use the running maximum.
 * An event recorded that much before the instant has no later events before it, and ends a backward search.
 */
import type { Position, RecordedEvent } from '../../kernel/event.js';
import type { Page } from '../port.js';
import type { Landmarks } from './landmarks.js';

/** The maximum difference between the clocks of appending processes, plus the duration of an append, in milliseconds. */
const SKEW_MS = 60_000;

/** Events per page of a forward search, and between two landmarks of a backward search. */
const STEP = 1000;

interface Ways {
  readonly page: (after: Position, limit: number) => Promise<Page>;
  readonly last: () => Promise<RecordedEvent | undefined>;
  readonly backwards: (before?: Position) => AsyncIterable<RecordedEvent>;
  readonly landmarks: Landmarks;
}

/** The position of the last event recorded at or before an instant, in milliseconds since 1970; 0 when there is none. */
export async function positionAt(instant: number, ways: Ways): Promise<Position> {
  const { landmarks } = ways;
  const head = await ways.last();
  if (!head || timeOf(head) <= instant - SKEW_MS) return head?.position ?? 0;
  const from = landmarks.lastUntil(instant - SKEW_MS);
  const start = from ?? (await firstEvent(ways));
  if (!start || start.recordedAt > instant) return 0;
  const beyond = landmarks.firstAfter(instant);
  const end = beyond?.recordedAt ?? timeOf(head);
  const nearStart = instant - start.recordedAt <= end - instant;
  return nearStart ? forwards(instant, from?.position ?? 0, ways) : back(instant, beyond?.position, ways);
}

/** Searches from an event before the result: up to the first event that was recorded later. */
async function forwards(instant: number, from: Position, { page }: Ways): Promise<Position> {
  for (let [after, reached] = [from, from]; ;) {
    const { events, position } = await page(after, STEP);
    for (const event of events) {
      if (timeOf(event) > instant) return reached;
      reached = event.position;
    }
    if (position === after) return reached;
    after = position;
  }
}

/** Searches from an event after the result, or from the end: down to an event that has no later ones before it. */
async function back(instant: number, before: Position | undefined, { backwards, landmarks }: Ways): Promise<Position> {
  let [reached, read] = [0, 0];
  for await (const event of backwards(before)) {
    const recordedAt = timeOf(event);
    read += 1;
    if (read % STEP === 0) landmarks.note(event.position, recordedAt);
    if (recordedAt > instant) reached = 0;
    else reached ||= event.position;
    if (recordedAt <= instant - SKEW_MS) break;
  }
  return reached;
}

async function firstEvent({ page }: Ways): Promise<{ readonly recordedAt: number } | undefined> {
  for (let after = 0; ;) {
    const { events, position } = await page(after, 1);
    if (events[0]) return { recordedAt: timeOf(events[0]) };
    if (position === after) return undefined;
    after = position;
  }
}

function timeOf(event: RecordedEvent): number {
  return Date.parse(event.metadata.recordedAt);
}
