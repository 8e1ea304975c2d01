/**
 * The known event ids of streams. The server compares the ids of an append only with those at the revisions that it is meant for: it would
 * write an id again that is already at an earlier revision.
 */
import { LRUCache } from 'lru-cache';
import type { RecordedEvent } from '../../kernel/event.js';

/** The number of ids kept in memory, of the most recently used streams: about 20 MB. */
const KEPT = 100_000;

interface Seen {
  /** The revision of each id. */
  readonly revisions: Map<string, number>;
  /** All events before this revision are known. */
  readonly next: number;
}

export class KnownIds {
  readonly #streams = new LRUCache<string, Seen>({ maxSize: KEPT, sizeCalculation: ({ revisions }) => revisions.size + 1 });

  /** The first unknown revision of a stream. */
  next(name: string): number {
    return this.#streams.get(name)?.next ?? 0;
  }

  /** Notes consecutive events, read or written, from revision `from` up to before `until`. */
  saw(name: string, from: number, events: readonly Pick<RecordedEvent, 'id' | 'revision'>[], until: number): void {
    const { revisions = new Map<string, number>(), next = 0 } = this.#streams.get(name) ?? {};
    if (from > next || until <= next) return;
    for (const { id, revision } of events) revisions.set(id, revision);
    this.#streams.set(name, { revisions, next: until });
  }

  /** The first of the ids that is at this revision or an earlier one. */
  among(name: string, ids: readonly string[], revision: number): string | undefined {
    const seen = this.#streams.get(name)?.revisions;
    return ids.find((id) => (seen?.get(id) ?? Infinity) <= revision);
  }
}
