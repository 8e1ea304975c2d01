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

export interface PageRange {
  readonly after?: Position;
  /** The last position to read. */
  readonly until?: Position;
  /** Events per page. */
  readonly limit?: number;
  /** Only events of these types. */
  readonly types?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Pages after a position, until the end of the log is reached or the signal aborts.
 * @throws LogUnavailable
 */
export async function* pagesOf(
  log: EventLog,
  { after = 0, until = Infinity, limit = PAGE, types, signal }: PageRange = {},
): AsyncGenerator<Stretch, void, undefined> {
  for (let at = after; at < until && signal?.aborted !== true;) {
    const { events, position } = await log.readAll(at, limit, types);
    if (position === at) return;
    at = position;
    yield { events: at > until ? events.filter((event) => event.position <= until) : events, position: Math.min(at, until) };
  }
}

/** The same, event by event. @throws LogUnavailable */
export async function* eventsOf(log: EventLog, range?: PageRange): AsyncGenerator<RecordedEvent, void, undefined> {
  for await (const { events } of pagesOf(log, range)) yield* events;
}
