/** Loads records from the log and caches them. */
import { LRUCache } from 'lru-cache';
import type { Definitions } from '../../contracts/definitions.js';
import { streamName, type RecordedEvent, type Stream } from '../kernel/event.js';
import type { AnyRecordType } from '../kernel/record.js';
import type { EventLog } from '../log/port.js';
import { emptyStream, follow, type RecordedStream } from './recorded-stream.js';

/** A running read, and the next one if there are callers waiting for it. */
interface Reading {
  readonly over: Promise<unknown>;
  next: Promise<RecordedStream> | undefined;
}

export class Records {
  readonly #log: Pick<EventLog, 'readStream'>;
  readonly #definitions: Definitions;
  readonly #states: LRUCache<string, RecordedStream> | undefined;
  readonly #reading = new Map<string, Reading>();
  readonly #existing = new LRUCache<string, true>({ max: 10_000 });

  /**
   * @param cacheSize the number of records whose state is kept in memory; 0 disables the cache
   */
  constructor(log: Pick<EventLog, 'readStream'>, definitions: Definitions, cacheSize: number) {
    this.#log = log;
    this.#definitions = definitions;
    this.#states = cacheSize > 0 ? new LRUCache({ max: cacheSize }) : undefined;
  }

  /** The cached record, which may be stale. */
  cached(stream: Stream): RecordedStream | undefined {
    return this.#states?.get(streamName(stream));
  }

  /** Loads the record from the log, continuing from a known state. @throws LogUnavailable */
  async load(type: AnyRecordType, stream: Stream, known = emptyStream): Promise<RecordedStream> {
    const news = await this.#log.readStream(stream, known.revision + 1);
    return news.length === 0 ? known : this.take(type, stream, known, news);
  }

  /**
   * The current record. Callers that arrive during a read share the next one.
   * @throws LogUnavailable
   */
  current(type: AnyRecordType, stream: Stream): Promise<RecordedStream> {
    const name = streamName(stream);
    const reading = this.#reading.get(name);
    if (!reading) return this.#readNow(type, stream, name);
    reading.next ??= reading.over.then(() => this.#readNow(type, stream, name));
    return reading.next;
  }

  #readNow(type: AnyRecordType, stream: Stream, name: string): Promise<RecordedStream> {
    const read = this.load(type, stream, this.cached(stream));
    const reading: Reading = { over: read.catch(() => undefined), next: undefined };
    this.#reading.set(name, reading);
    const forget = (): void => {
      if (this.#reading.get(name) === reading) this.#reading.delete(name);
    };
    void reading.over.then(forget);
    return read;
  }

  /** Applies further events, which must directly follow, and caches the record. */
  take(type: AnyRecordType, stream: Stream, known: RecordedStream, events: readonly RecordedEvent[]): RecordedStream {
    const record = follow(type, known, events, this.#definitions);
    this.#states?.set(streamName(stream), record);
    return record;
  }

  forget(stream: Stream): void {
    this.#states?.delete(streamName(stream));
  }

  /** Whether the record exists. Records never cease to exist, so a positive result is cached. @throws LogUnavailable */
  async exists(stream: Stream): Promise<boolean> {
    const name = streamName(stream);
    if (this.#existing.has(name) || (this.cached(stream)?.revision ?? -1) >= 0) return true;
    if ((await this.#log.readStream(stream, 0, 1)).length === 0) return false;
    this.#existing.set(name, true);
    return true;
  }
}
