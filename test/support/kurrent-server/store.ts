/**
 * What the server keeps: one file, a line of JSON per write, and the rules by which EventStoreDB takes a write or refuses it. A record's
 * position is its offset in the file, so positions have gaps and most numbers are inside a record, as on the real server.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';

export interface NewRecord {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  /** Base64. */
  readonly data: string;
  /** Base64. */
  readonly metadata: string;
}

export interface Stored extends NewRecord {
  readonly stream: string;
  readonly revision: bigint;
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export type Expected = 'any' | 'exists' | 'none' | bigint;

export type Outcome =
  | { readonly result: 'written'; readonly revision: bigint; readonly position: number }
  /** -1n: there is no stream. */
  | { readonly result: 'wrong'; readonly current: bigint }
  | { readonly result: 'deleted' };

interface Line {
  readonly stream: string;
  readonly revision: string;
  readonly created: number;
  readonly events: readonly NewRecord[];
}

interface StreamState {
  readonly events: Stored[];
  /** Events before this revision are gone from the stream: it was deleted, softly. */
  readableFrom: bigint;
  tombstoned: boolean;
}

/** The revision of the event that says that a stream is gone for good. */
const TOMBSTONE = 2n ** 63n - 1n;

/** An event's id alone takes more, so positions of one line lie in it. */
const STEP = 32;

export class Store {
  /** Every record, in order. */
  readonly all: Stored[] = [];
  /** Says `written` after every write. */
  readonly news = new EventEmitter().setMaxListeners(0);
  /** Where the next record will stand. */
  end = 0;
  private readonly file: number;
  private readonly streams = new Map<string, StreamState>();
  private readonly starts = new Set<number>();
  /** What appends that expect any state are compared with. Lost on a restart, as the real server's cache. */
  private readonly recent = new Map<string, Stored>();

  constructor(path: string) {
    this.file = openSync(path, 'a+');
    this.load();
    // A real log begins with records of the server's own: position 0 is never an event of a client.
    if (this.end === 0) this.system('$users', '$User');
  }

  /** Reads what another node has written to the same file. */
  load(): void {
    const size = fstatSync(this.file).size;
    if (size <= this.end) return;
    const bytes = Buffer.alloc(size - this.end);
    readSync(this.file, bytes, 0, bytes.length, this.end);
    for (let from = 0; ;) {
      const to = bytes.indexOf(10, from);
      if (to < 0) break;
      this.take(JSON.parse(bytes.toString('utf8', from, to)) as Line, to + 1 - from);
      from = to + 1;
    }
    this.news.emit('written');
  }

  /** Takes away what a killed process left half written. */
  dropTornLine(): void {
    ftruncateSync(this.file, this.end);
  }

  close(): void {
    closeSync(this.file);
  }

  /** Whether a read may begin there: at a record, or where the next one will stand. */
  isPosition(position: number): boolean {
    return position === 0 || position === this.end || this.starts.has(position);
  }

  /** Where the record after this index stands, or will stand. */
  after(index: number): number {
    return this.all[index + 1]?.position ?? this.end;
  }

  /** The stream's events that can be read; undefined when there is none or it was deleted softly. */
  readable(stream: string): readonly Stored[] | 'tombstoned' | undefined {
    const state = this.streams.get(stream);
    if (state?.tombstoned) return 'tombstoned';
    const events = state?.events.filter((event) => event.revision >= state.readableFrom);
    return events?.length ? events : undefined;
  }

  append(stream: string, expected: Expected, events: readonly NewRecord[]): Outcome {
    const decision = this.decide(stream, expected, events);
    if (decision !== 'write') return decision;
    const last = this.write(stream, this.current(stream) + 1n, events);
    for (const event of this.streams.get(stream)?.events.slice(-events.length) ?? []) this.recent.set(event.id, event);
    return { result: 'written', revision: last.revision, position: last.position };
  }

  /** Deletes softly: the stream reads as missing, and numbering goes on when it is written again. */
  delete(stream: string, expected: Expected): Outcome {
    return this.remove(stream, expected, () => this.system(`$$${stream}`, '$metadata'));
  }

  /** Deletes for good. */
  tombstone(stream: string, expected: Expected): Outcome {
    return this.remove(stream, expected, () => this.write(stream, TOMBSTONE, [record('$streamDeleted')]));
  }

  /** A record of the server's own, of which a real one writes many. */
  system(stream: string, type: string): Stored {
    return this.write(stream, this.current(stream) + 1n, [record(type)]);
  }

  private remove(stream: string, expected: Expected, write: () => Stored): Outcome {
    const decision = this.decide(stream, expected, []);
    if (decision !== 'write') return decision;
    const { revision, position } = write();
    return { result: 'written', revision, position };
  }

  private current(stream: string): bigint {
    return this.streams.get(stream)?.events.at(-1)?.revision ?? -1n;
  }

  /** The server's check of a write, with its comparison of ids. */
  private decide(stream: string, expected: Expected, events: readonly NewRecord[]): 'write' | Outcome {
    const state = this.streams.get(stream);
    const current = this.current(stream);
    const softlyDeleted = state !== undefined && state.readableFrom > current;
    if (state?.tombstoned) return { result: 'deleted' };
    if (expected === 'exists' && softlyDeleted) return { result: 'deleted' };
    if (expected === 'exists' && current < 0n) return { result: 'wrong', current };
    if (expected === 'any' || expected === 'exists') return this.decideByRecentIds(stream, current, events);
    const after = expected === 'none' ? -1n : expected;
    if (after > current) return { result: 'wrong', current };
    if (after === current) return 'write';
    if (events.length === 0) return { result: 'wrong', current };
    const there = events.map((event, index) => ({
      event,
      stored: state?.events.find(({ revision }) => revision === after + 1n + BigInt(index)),
    }));
    const last = there.at(-1)?.stored;
    if (last && there.every(({ event, stored }) => event.id === stored?.id)) return { result: 'written', ...last };
    if (there[0]?.event.id !== there[0]?.stored?.id && expected === 'none' && softlyDeleted) return 'write';
    return { result: 'wrong', current };
  }

  private decideByRecentIds(stream: string, current: bigint, events: readonly NewRecord[]): 'write' | Outcome {
    const known = events.map(({ id }) => this.recent.get(id)).filter((event) => event?.stream === stream);
    const last = known.at(-1);
    if (!last) return 'write';
    return known.length === events.length ? { result: 'written', ...last } : { result: 'wrong', current };
  }

  /** Writes all or nothing: one line, in one call. */
  private write(stream: string, revision: bigint, events: readonly NewRecord[]): Stored {
    const line: Line = { stream, revision: String(revision), created: Date.now(), events };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    writeSync(this.file, bytes);
    const last = this.take(line, bytes.length);
    this.news.emit('written');
    return last;
  }

  private take({ stream, revision, created, events }: Line, length: number): Stored {
    const state = this.streams.get(stream) ?? { events: [], readableFrom: 0n, tombstoned: false };
    this.streams.set(stream, state);
    events.forEach((event, index) => {
      const stored = { ...event, stream, revision: BigInt(revision) + BigInt(index), position: this.end + index * STEP, created };
      this.all.push(stored);
      this.starts.add(stored.position);
      state.events.push(stored);
    });
    this.end += length;
    if (BigInt(revision) === TOMBSTONE) state.tombstoned = true;
    const deleted = this.streams.get(stream.slice(2));
    if (stream.startsWith('$$') && deleted) deleted.readableFrom = (deleted.events.at(-1)?.revision ?? -1n) + 1n;
    return this.all.at(-1) as Stored;
  }
}

function record(type: string): NewRecord {
  const data = Buffer.from('{}').toString('base64');
  return { id: randomUUID(), type, contentType: 'application/json', data, metadata: '' };
}
