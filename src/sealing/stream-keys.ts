/** The keys of streams: each stream seals under a key of its own, which its first sealed event names. */
import { LRUCache } from 'lru-cache';
import { streamName, type RecordedEvent, type Stream } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';
import type { Erasures } from './erasures.js';

/** What is known of a stream's keys up to a revision. */
interface Known {
  /** -1 before the first event. */
  readonly revision: number;
  /** The ids of the keys that its events are sealed under, oldest first, erased ones included. */
  readonly keys: readonly string[];
}

const NOTHING: Known = { revision: -1, keys: [] };

/** Streams whose keys are kept in memory. */
const CACHED = 50_000;

export class StreamKeys {
  readonly #log: Pick<EventLog, 'readStream'>;
  readonly #erasures: Erasures;
  readonly #known = new LRUCache<string, Known>({ max: CACHED });

  constructor(log: Pick<EventLog, 'readStream'>, erasures: Erasures) {
    this.#log = log;
    this.#erasures = erasures;
  }

  /**
   * Notes events that were read from a stream or written to it, in order. Those that come after a gap are ignored. An append that had been made
   * before is noted with a key that it was not sealed under; the right one is added when its events are read.
   */
  note(events: readonly Pick<RecordedEvent, 'stream' | 'revision' | 'sealed'>[]): void {
    for (const { stream, revision, sealed } of events) {
      const name = streamName(stream);
      const known = this.#known.get(name) ?? NOTHING;
      const k = sealed?.[0]?.k;
      const isNew = k !== undefined && !known.keys.includes(k);
      if (revision > known.revision + 1 || (revision <= known.revision && !isNew)) continue;
      this.#known.set(name, { revision: Math.max(revision, known.revision), keys: isNew ? [...known.keys, k] : known.keys });
    }
  }

  /** Forgets what is known of a stream: an append to it failed. */
  forget(stream: Stream): void {
    this.#known.delete(streamName(stream));
  }

  /** The ids of all keys of a stream, erased ones included, read from the log. @throws LogUnavailable */
  async allOf(stream: Stream): Promise<readonly string[]> {
    this.forget(stream);
    return this.#read(stream, NOTHING);
  }

  /** The id of the key that the next event after a revision is sealed under; undefined when it is the stream's first. @throws LogUnavailable */
  async current(stream: Stream, revision: number): Promise<string | undefined> {
    const known = this.#known.get(streamName(stream)) ?? NOTHING;
    const keys = known.revision >= revision ? known.keys : await this.#read(stream, known);
    return keys.findLast((k) => this.#erasures.of(k) === undefined);
  }

  /** The ids of the keys of a stream that is in memory. */
  inMemory(stream: Stream): readonly string[] {
    return this.#known.get(streamName(stream))?.keys ?? [];
  }

  async #read(stream: Stream, from: Known): Promise<readonly string[]> {
    const events = await this.#log.readStream(stream, from.revision + 1);
    this.#erasures.note(events);
    this.note(events);
    return this.inMemory(stream);
  }
}
