/** Whether an import may keep the source's times as recorded times: only in a log without other events, since recorded times are in order. */
import type { Metadata } from '../kernel/event.js';
import { KnownError } from '../kernel/known-error.js';
import type { EventLog } from '../log/port.js';
import { eventsOf, pagesOf } from '../log/walk.js';

/** The log holds events that were not imported, or that another import wrote. Nothing was written. */
export class HistoryNotEmpty extends KnownError {
  override readonly name = 'HistoryNotEmpty';
  readonly code = 'HISTORY_NOT_EMPTY';
}

/**
 * Checks that a log is empty or holds only imported events.
 * @param actor if given, only events that this actor and the process managers imported are allowed
 * @throws HistoryNotEmpty
 */
export async function assertHistoryAllowed(log: EventLog, actor?: string): Promise<void> {
  for await (const { metadata } of eventsOf(log)) {
    if (metadata.importedAt === undefined || (actor !== undefined && !isOf(actor, metadata))) {
      throw new HistoryNotEmpty(
        'The log already holds events, and a history must be in order of time. Import into an empty data folder (--data-dir), ' +
          'or without --as-history: events are then recorded with the current time, and occurredAt keeps the time of the source.',
      );
    }
  }
}

/** How many events this actor and the process managers appended after a position. */
export async function countEvents(log: EventLog, after: number, actor: string): Promise<number> {
  let count = 0;
  for await (const { events } of pagesOf(log, { after })) count += events.filter(({ metadata }) => isOf(actor, metadata)).length;
  return count;
}

function isOf(actor: string, metadata: Metadata): boolean {
  return metadata.actor === actor || metadata.actor.startsWith('policy:');
}
