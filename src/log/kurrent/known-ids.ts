/**
 * Which event ids a stream holds, as far as this process has seen it. The server compares the ids of an append with what stands at the places
 * that it is meant for, and with nothing else: an id that already stands further up would be written once more.
 */
import { LRUCache } from 'lru-cache';
import type { RecordedEvent } from '../../kernel/event.js';

/** How many ids are kept in memory, of the streams that were used last: some 20 MB. */
const KEPT = 100_000;

interface Seen {
  /** The revision that each id has. */
  readonly revisions: Map<string, number>;
  /** Every event before this revision is in there. */
  readonly next: number;
}

export class KnownIds {
  private readonly streams = new LRUCache<string, Seen>({ maxSize: KEPT, sizeCalculation: ({ revisions }) => revisions.size + 1 });

  /** The first revision of a stream that has not been seen. */
  next(name: string): number {
    return this.streams.get(name)?.next ?? 0;
  }

  /** Takes up events that follow each other, read from the stream or just written, the first of which was looked for at `from`. */
  saw(name: string, from: number, events: readonly Pick<RecordedEvent, 'id' | 'revision'>[], until: number): void {
    const { revisions = new Map<string, number>(), next = 0 } = this.streams.get(name) ?? {};
    if (from > next || until <= next) return;
    for (const { id, revision } of events) revisions.set(id, revision);
    this.streams.set(name, { revisions, next: until });
  }

  /** The first of the ids that stands at this revision or before it. */
  among(name: string, ids: readonly string[], revision: number): string | undefined {
    const seen = this.streams.get(name)?.revisions;
    return ids.find((id) => (seen?.get(id) ?? Infinity) <= revision);
  }
}
