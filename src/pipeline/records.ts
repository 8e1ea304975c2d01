/** Records as the log has them: read when they are needed, and remembered, since few commands meet a record that others changed meanwhile. */
import { LRUCache } from 'lru-cache';
import type { Definitions } from '../../contracts/index.js';
import type { Aggregate } from '../kernel/aggregate.js';
import { streamName, type RecordedEvent, type Stream } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';
import { emptyStream, follow, type RecordedStream } from './recorded-stream.js';

/** A read under way, and the next one where somebody waits for it. */
interface Reading {
  readonly over: Promise<unknown>;
  next: Promise<RecordedStream> | undefined;
}

export class Records {
  readonly #states: LRUCache<string, RecordedStream> | undefined;
  readonly #reading = new Map<string, Reading>();
  readonly #existing = new LRUCache<string, true>({ max: 10_000 });

  /**
   * @param definitions of the events in the log; this program's own when undefined
   * @param remembered how many records' states are kept in memory; 0 reads each time
   */
  constructor(
    private readonly log: Pick<EventLog, 'readStream'>,
    private readonly definitions: Definitions | undefined,
    remembered: number,
  ) {
    this.#states = remembered > 0 ? new LRUCache({ max: remembered }) : undefined;
  }

  /** The record as it was when it was last seen: others may have changed it since. */
  remembered(stream: Stream): RecordedStream | undefined {
    return this.#states?.get(streamName(stream));
  }

  /** The record as the log has it now, read on from what is known. @throws LogUnavailable */
  async load(aggregate: Aggregate<unknown, never>, stream: Stream, known = emptyStream(aggregate)): Promise<RecordedStream> {
    const news = await this.log.readStream(stream, known.revision + 1);
    return news.length === 0 ? known : this.take(aggregate, stream, known, news);
  }

  /**
   * The record as the log has it now or later. Whoever asks while it is being read waits for the same next read.
   * @throws LogUnavailable
   */
  current(aggregate: Aggregate<unknown, never>, stream: Stream): Promise<RecordedStream> {
    const name = streamName(stream);
    const reading = this.#reading.get(name);
    if (!reading) return this.#readNow(aggregate, stream, name);
    reading.next ??= reading.over.then(() => this.#readNow(aggregate, stream, name));
    return reading.next;
  }

  #readNow(aggregate: Aggregate<unknown, never>, stream: Stream, name: string): Promise<RecordedStream> {
    const read = this.load(aggregate, stream, this.remembered(stream));
    const reading: Reading = { over: read.catch(() => undefined), next: undefined };
    this.#reading.set(name, reading);
    const forget = (): void => {
      if (this.#reading.get(name) === reading) this.#reading.delete(name);
    };
    void reading.over.then(forget);
    return read;
  }

  /** Remembers the record with further events, which must follow right after what is known. */
  take(aggregate: Aggregate<unknown, never>, stream: Stream, known: RecordedStream, events: readonly RecordedEvent[]): RecordedStream {
    const record = follow(aggregate, known, events, this.definitions);
    this.#states?.set(streamName(stream), record);
    return record;
  }

  forget(stream: Stream): void {
    this.#states?.delete(streamName(stream));
  }

  /** Whether there is such a record. One that was there once is there for ever. @throws LogUnavailable */
  async exists(stream: Stream): Promise<boolean> {
    const name = streamName(stream);
    if (this.#existing.has(name) || (this.remembered(stream)?.revision ?? -1) >= 0) return true;
    if ((await this.log.readStream(stream, 0, 1)).length === 0) return false;
    this.#existing.set(name, true);
    return true;
  }
}
