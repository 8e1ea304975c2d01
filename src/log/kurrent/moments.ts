/**
 * Finds the place in the log that an instant means. The server knows no order by time and takes no position inside a record, so the place
 * can't be found by halving: it is looked for from the nearest event seen so far whose time is known, forwards or backwards.
 *
 * Processes take the times from their own clocks, so along the log they may go down, by no more than `SKEW_MS`; readers take the running
 * maximum. What is recorded that much before the instant has nothing later than the instant before it, and ends a search backwards.
 */
import type { Position, RecordedEvent } from '../../kernel/event.js';
import type { Page } from '../port.js';
import type { Landmarks } from './landmarks.js';

/** How far apart the clocks of processes that append may be, with the time that an append may take, in milliseconds. */
const SKEW_MS = 60_000;

/** Events per page of a search forwards, and between two landmarks of one backwards. */
const STEP = 1000;

interface Ways {
  readonly page: (after: Position, limit: number) => Promise<Page>;
  readonly last: () => Promise<RecordedEvent | undefined>;
  readonly backwards: (before?: Position) => AsyncIterable<RecordedEvent>;
  readonly landmarks: Landmarks;
}

/** The last event's position of those recorded at or before an instant, in milliseconds since 1970; 0 when there is none. */
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

/** From an event that is surely before the place: the last one until the first that was recorded later. */
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

/** From an event that is surely beyond the place, or from the end: until one that surely has nothing later before it. */
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
