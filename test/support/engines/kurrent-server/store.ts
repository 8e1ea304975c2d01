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

/** The state that a write expects of its stream. Only the second protocol asks for a deletion, or for the tombstone by its revision. */
export type Expected = 'any' | 'exists' | 'none' | 'deleted' | bigint;

/** What is written to a stream, or only asked of it when there are no events. */
export interface Write {
  readonly stream: string;
  readonly expected: Expected;
  readonly events: readonly NewRecord[];
}

/** Why nothing was written: one of the streams of a write, as it stands. */
export interface Conflict {
  /** Which of the writes it is. */
  readonly index: number;
  readonly expected: Expected;
  /** -1n: there is no stream. The tombstone's revision: it is gone for good. */
  readonly current: bigint;
  /** Expected to be there, and deleted softly. */
  readonly softlyDeleted: boolean;
}

export type Outcome =
  | {
      readonly result: 'written';
      /** The last event's revision of each write. */
      readonly revisions: readonly bigint[];
      /** Where the last record stands; nothing when it stood there before and can't be read any more. */
      readonly position: number | undefined;
    }
  | { readonly result: 'refused'; readonly conflicts: readonly Conflict[] };

/** What one write brings to a stream. */
interface Part {
  readonly stream: string;
  readonly revision: string;
  readonly events: readonly NewRecord[];
}

/** What one line of the file holds: one write. */
export interface Line {
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly parts: readonly Part[];
}

interface StreamState {
  readonly events: Stored[];
  /** Events before this revision can't be read any more. The greatest one: the stream was deleted softly. */
  truncateBefore: bigint;
}

type Decision =
  | { readonly is: 'fine' }
  | { readonly is: 'known'; readonly first: Stored; readonly last: Stored }
  | { readonly is: 'refused'; readonly current: bigint; readonly softlyDeleted: boolean };

/** The revision of the event that says that a stream is gone for good. */
export const TOMBSTONE = 2n ** 63n - 1n;

/** The metadata of a stream that is deleted softly. */
const DELETED = `{"$tb":${TOMBSTONE}}`;

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

  /** @param checksAlone whether a write without events is judged by what it expects alone, even of a stream that is gone for good */
  constructor(
    path: string,
    private readonly checksAlone: boolean,
  ) {
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

  /** Where the last record stands. */
  get last(): number {
    return this.all.at(-1)?.position ?? 0;
  }

  /** Whether a record stands there, or ends there. */
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
    const current = this.current(stream);
    if (current === TOMBSTONE) return 'tombstoned';
    if (!state || current < 0n || state.truncateBefore === TOMBSTONE) return undefined;
    return state.events.slice(Number(state.truncateBefore));
  }

  /** The revision of the stream's last event, though it may not be read any more; -1n when there never was one. */
  current(stream: string): bigint {
    return this.streams.get(stream)?.events.at(-1)?.revision ?? -1n;
  }

  append(stream: string, expected: Expected, events: readonly NewRecord[]): Outcome {
    return this.appendAll([{ stream, expected, events }]);
  }

  /**
   * Writes all or nothing, in one line.
   * @param order which of the writes the next event is of, one by one, where it is not all of each after the other
   */
  appendAll(writes: readonly Write[], order?: readonly number[]): Outcome {
    const decisions = writes.map(({ stream, expected, events }) => this.decide(stream, expected, events));
    const verdict = this.verdict(writes, decisions);
    if (verdict) return verdict;
    const next = writes.map(({ stream }) => this.current(stream) + 1n);
    const parts = interleaved(writes, order).map(({ index, events }) => {
      const revision = next[index] as bigint;
      next[index] = revision + BigInt(events.length);
      return { stream: (writes[index] as Write).stream, revision: String(revision), events };
    });
    const begunAgain = writes.filter(({ events }) => events.length > 0 || writes.length === 1).flatMap((write) => this.beginAgain(write));
    const count = writes.reduce((sum, { events }) => sum + events.length, 0);
    const at = this.write([...parts.filter(({ events }) => events.length > 0), ...begunAgain]);
    return { result: 'written', revisions: next.map((revision) => revision - 1n), position: at + Math.max(count - 1, 0) * STEP };
  }

  /** Deletes softly: the stream reads as missing, and numbering goes on when it is written again. */
  delete(stream: string, expected: Expected): Outcome {
    const about = `$$${stream}`;
    if (this.current(stream) < 0n && this.current(about) < 0n) {
      return { result: 'refused', conflicts: [{ index: 0, expected, current: -1n, softlyDeleted: false }] };
    }
    return this.remove(stream, expected, () => this.part(about, record('$metadata', DELETED)));
  }

  /** Deletes for good. */
  tombstone(stream: string, expected: Expected): Outcome {
    return this.remove(stream, expected, () => ({ stream, revision: String(TOMBSTONE), events: [record('$streamDeleted')] }));
  }

  /** A record of the server's own, of which a real one writes many. */
  system(stream: string, type: string): void {
    this.write([this.part(stream, record(type))]);
  }

  private part(stream: string, event: NewRecord): Part {
    return { stream, revision: String(this.current(stream) + 1n), events: [event] };
  }

  private remove(stream: string, expected: Expected, removal: () => Part): Outcome {
    // It is judged as if it wrote an event that nobody has written.
    const decision = this.decide(stream, expected, [record('')]);
    const refused = this.verdict([{ stream, expected, events: [record('')] }], [decision]);
    if (refused) return refused;
    const part = removal();
    return { result: 'written', revisions: [BigInt(part.revision)], position: this.write([part]) };
  }

  private isSoftlyDeleted(stream: string): boolean {
    return this.streams.get(stream)?.truncateBefore === TOMBSTONE;
  }

  /** What is made of the decisions about all streams of a write: nothing when it can be written. */
  private verdict(writes: readonly Write[], decisions: readonly Decision[]): Outcome | undefined {
    if (decisions.every(({ is }) => is === 'fine')) return undefined;
    const writing = decisions.filter((_, index) => (writes[index] as Write).events.length > 0);
    const known = writing.filter((decision) => decision.is === 'known');
    if (known.length > 0 && known.length === writing.length) {
      const revisions = decisions.map((decision) => (decision.is === 'known' ? decision.last.revision : -1n));
      const seen = known.map(({ last }) => (this.canBeRead(last) ? last.position : -1));
      const position = Math.max(...seen);
      return { result: 'written', revisions, position: position < 0 ? undefined : position };
    }
    const conflicts = decisions.flatMap((decision, index) => {
      if (decision.is === 'fine') return [];
      const { stream, expected } = writes[index] as Write;
      const softlyDeleted = decision.is === 'refused' && decision.softlyDeleted;
      return [{ index, expected, current: this.current(stream), softlyDeleted }];
    });
    return { result: 'refused', conflicts };
  }

  private canBeRead({ stream, revision }: Stored): boolean {
    const events = this.readable(stream);
    return Array.isArray(events) && events.some((event: Stored) => event.revision === revision);
  }

  /** The server's check of a write, with its comparison of ids. */
  private decide(stream: string, expected: Expected, events: readonly NewRecord[]): Decision {
    const current = this.current(stream);
    const softlyDeleted = this.isSoftlyDeleted(stream);
    const fine = { is: 'fine' } as const;
    const refused = { is: 'refused', current, softlyDeleted: softlyDeleted && expected === 'exists' } as const;
    if (current === TOMBSTONE) {
      const onlyAsked = this.checksAlone && events.length === 0;
      return onlyAsked && (expected === 'any' || expected === 'none' || expected === TOMBSTONE) ? fine : refused;
    }
    if (expected === 'exists' && (softlyDeleted || (current < 0n && this.current(`$$${stream}`) < 0n))) return refused;
    if (expected === 'any' || expected === 'exists' || expected === 'deleted') {
      const known = events.map(({ id }) => this.recent.get(id)).map((event) => (event?.stream === stream ? event : undefined));
      if (known[0] === undefined) return expected === 'deleted' && !softlyDeleted ? refused : fine;
      return alike(known) ?? refused;
    }
    const after = expected === 'none' ? -1n : expected;
    if (after > current) return refused;
    if (after === current) return fine;
    const there = events.map(({ id }, index) => {
      const stored = this.streams.get(stream)?.events[Number(after) + 1 + index];
      return stored?.id === id ? stored : undefined;
    });
    if (there[0] !== undefined) return alike(there) ?? refused;
    return expected === 'none' && softlyDeleted && (events.length > 0 || this.checksAlone) ? fine : refused;
  }

  /** What makes a stream that was deleted softly begin after what it held: a record of its metadata. */
  private beginAgain({ stream, events }: Write): Part[] {
    const original = stream.startsWith('$$') ? stream.slice(2) : undefined;
    if (original !== undefined && this.isSoftlyDeleted(original)) {
      const metadata = metadataFrom(events.at(-1)?.data ?? '', this.current(original) + 1n);
      return metadata === undefined
        ? []
        : [{ ...this.part(stream, record('$metadata', metadata)), revision: String(this.current(stream) + 1n + BigInt(events.length)) }];
    }
    if (!this.isSoftlyDeleted(stream)) return [];
    const about = `$$${stream}`;
    const metadata = metadataFrom(this.streams.get(about)?.events.at(-1)?.data ?? '', this.current(stream) + 1n);
    return metadata === undefined ? [] : [this.part(about, record('$metadata', metadata))];
  }

  /** Writes all or nothing: one line, in one call. @returns where its first record stands, or would */
  private write(parts: readonly Part[]): number {
    const at = this.end;
    if (parts.length === 0) return at;
    const line: Line = { created: Date.now(), parts };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    writeSync(this.file, bytes);
    const before = this.all.length;
    this.take(line, bytes.length);
    for (const event of this.all.slice(before)) this.recent.set(event.id, event);
    this.news.emit('written');
    return at;
  }

  private take({ created, parts }: Line, length: number): void {
    let position = this.end;
    for (const { stream, revision, events } of parts) {
      const state = this.state(stream);
      for (const [index, event] of events.entries()) {
        const stored = { ...event, stream, revision: BigInt(revision) + BigInt(index), position, created };
        this.all.push(stored);
        this.starts.add(position);
        state.events.push(stored);
        position += STEP;
      }
      const last = events.at(-1);
      if (stream.startsWith('$$') && last) this.state(stream.slice(2)).truncateBefore = truncateBeforeOf(last.data);
    }
    this.end += length;
  }

  private state(stream: string): StreamState {
    const known = this.streams.get(stream);
    if (known) return known;
    const state: StreamState = { events: [], truncateBefore: 0n };
    this.streams.set(stream, state);
    return state;
  }
}

/** What was written before, when all of it was. */
function alike(stored: readonly (Stored | undefined)[]): Decision | undefined {
  const [first, last] = [stored[0], stored.at(-1)];
  return first && last && stored.every((event) => event !== undefined) ? { is: 'known', first, last } : undefined;
}

/** The events of all writes, in runs of one stream. */
function interleaved(
  writes: readonly Write[],
  order: readonly number[] | undefined,
): readonly { readonly index: number; readonly events: NewRecord[] }[] {
  const runs: { readonly index: number; readonly events: NewRecord[] }[] = [];
  const rest = writes.map(({ events }) => [...events]);
  const all = order ?? rest.flatMap((events, index) => events.map(() => index));
  for (const index of all) {
    const event = rest[index]?.shift();
    if (!event) continue;
    const run = runs.at(-1);
    if (run?.index === index) run.events.push(event);
    else runs.push({ index, events: [event] });
  }
  return runs;
}

/** @param metadata base64 of a stream's metadata */
function truncateBeforeOf(metadata: string): bigint {
  const found = /"\$tb"\s*:\s*(\d+)/.exec(Buffer.from(metadata, 'base64').toString('utf8'))?.[1];
  return BigInt(found ?? 0);
}

/** The same metadata, of a stream that begins at a revision; undefined where it is no JSON. */
function metadataFrom(metadata: string, revision: bigint): string | undefined {
  try {
    const known = JSON.parse(Buffer.from(metadata, 'base64').toString('utf8')) as object;
    return JSON.stringify({ ...known, $tb: Number(revision) });
  } catch {
    return undefined;
  }
}

function record(type: string, data = '{}'): NewRecord {
  return { id: randomUUID(), type, contentType: 'application/json', data: Buffer.from(data).toString('base64'), metadata: '' };
}
