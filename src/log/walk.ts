/** Iterates over the events of a log, page by page. */
import type { Position, RecordedEvent } from '../kernel/event.js';
import type { EventLog } from './port.js';

/** The default number of events per page. */
const PAGE = 2_000;

export interface Stretch {
  readonly events: readonly RecordedEvent[];
  /** Everything up to here has been returned. */
  readonly position: Position;
}

/**
 * Pages after a position, until the end of the log is reached or the signal aborts.
 * @param until the last position to read
 * @param limit events per page
 * @throws LogUnavailable
 */
export async function* pagesOf(
  log: EventLog,
  {
    after = 0,
    until = Infinity,
    limit = PAGE,
    signal,
  }: { readonly after?: Position; readonly until?: Position; readonly limit?: number; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Stretch, void, undefined> {
  for (let at = after; at < until && signal?.aborted !== true;) {
    const { events, position } = await log.readAll(at, limit);
    if (position === at) return;
    at = position;
    yield { events: at > until ? events.filter((event) => event.position <= until) : events, position: Math.min(at, until) };
  }
}

/** The same, event by event. @throws LogUnavailable */
export async function* eventsOf(log: EventLog, range?: Parameters<typeof pagesOf>[1]): AsyncGenerator<RecordedEvent, void, undefined> {
  for await (const { events } of pagesOf(log, range)) yield* events;
}
