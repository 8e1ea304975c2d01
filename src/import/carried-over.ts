/** May the source's times be kept as recorded times? Only where nothing else stands in the log: they must come in order. */
import type { Metadata } from '../kernel/event.js';
import { KnownError } from '../kernel/known-error.js';
import type { EventLog } from '../log/port.js';
import { eventsOf, pagesOf } from '../log/walk.js';

/** The log holds events that were recorded here, or of another import. Nothing was written. */
export class HistoryNotEmpty extends KnownError {
  override readonly name = 'HistoryNotEmpty';
  readonly code = 'HISTORY_NOT_EMPTY';
}

/**
 * Makes sure that a log is empty, or holds nothing but what was carried over into it before.
 * @param actor only what this actor, and the process managers that answered it, carried over
 * @throws HistoryNotEmpty
 */
export async function mustTakeHistory(log: EventLog, actor?: string): Promise<void> {
  for await (const { metadata } of eventsOf(log)) {
    if (metadata.importedAt === undefined || (actor !== undefined && !isOf(actor, metadata))) {
      throw new HistoryNotEmpty(
        'The log holds events already, and the times of a history must come in order. Import into an empty data folder (--data-dir), ' +
          'or without --as-history: then each event is recorded now and keeps the time of the source as the time when it happened.',
      );
    }
  }
}

/** How many events an actor, and the process managers that answered it, appended after a position. */
export async function countEvents(log: EventLog, after: number, actor: string): Promise<number> {
  let count = 0;
  for await (const { events } of pagesOf(log, { after })) count += events.filter(({ metadata }) => isOf(actor, metadata)).length;
  return count;
}

function isOf(actor: string, metadata: Metadata): boolean {
  return metadata.actor === actor || metadata.actor.startsWith('policy:');
}
