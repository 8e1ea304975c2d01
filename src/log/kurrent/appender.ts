/**
 * Appends, always with the exact expected revision: only then does the server recognize an append that it has already written, and return its
 * first result. That makes it safe to repeat an append whose response was lost.
 */
import {
  MaxAppendSizeExceededError,
  NO_STREAM,
  StreamDeletedError,
  UnsupportedError,
  WrongExpectedVersionError,
  type JSONEventData,
  type KurrentDBClient,
} from '@kurrent/kurrentdb-client';
import type { Position, Stream } from '../../kernel/event.js';
import type { AcceptedEvent } from '../accepted-events.js';
import { EventIdTaken, LogUnavailable, WrongRevision, type Appended, type AppendedAll, type Expected } from '../port.js';
import { appendTo } from './append-stream.js';
import type { Connection } from './connection.js';
import { asDeleted, verdictOf } from './failure.js';
import { takesManyAppends } from './internals.js';
import type { KnownIds } from './known-ids.js';
import { storedName, storedSize, toPosition, toStored } from './record.js';
import type { StreamReader } from './stream-reader.js';

/** The server's default maximum size of an append, in bytes. */
const MAX_APPEND_BYTES = 1_048_576;

/** An append in the server's form. */
interface Prepared {
  readonly stream: Stream;
  /** The stream's name in the server. */
  readonly name: string;
  readonly expected: Expected;
  readonly ids: readonly string[];
  readonly stored: readonly JSONEventData[];
  /** The size in bytes, as the server counts it. */
  readonly size: number;
}

/** An append of validated events. */
export interface AcceptedAppend {
  readonly stream: Stream;
  readonly expected: Expected;
  readonly events: readonly AcceptedEvent[];
}

export class Appender {
  /** The last running append by stream. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  /** Whether the server supports appends to several streams at once, as KurrentDB does. */
  #takesSessions = true;
  readonly #connection: Connection;
  readonly #reader: StreamReader;
  readonly #known: KnownIds;
  readonly #prefix: string;
  readonly #timed: (event: AcceptedEvent) => number;

  /** @param timed returns the recorded time of an event, in milliseconds since 1970 */
  constructor(connection: Connection, reader: StreamReader, known: KnownIds, prefix: string, timed: (event: AcceptedEvent) => number) {
    this.#connection = connection;
    this.#reader = reader;
    this.#known = known;
    this.#prefix = prefix;
    this.#timed = timed;
  }

  /**
   * Appends to one stream run in the order of their calls; those to different streams run concurrently.
   * @throws WrongRevision, EventIdTaken, RangeError, LogUnavailable as the port says
   */
  append(append: AcceptedAppend): Promise<Appended> {
    return this.#inTurn([append], () => this.#make(this.#prepare(append)));
  }

  /**
   * Appends one after the other, or several at once if the server supports it.
   * @throws the same, of the first that fails
   */
  appendAll(appends: readonly AcceptedAppend[]): Promise<AppendedAll> {
    return this.#inTurn(appends, async () => {
      const revisions: number[] = [];
      let position: Position = 0;
      for (const session of sessionsOf(appends.map((append) => this.#prepare(append)))) {
        const appended = (await this.#makeTogether(session)) ?? (await this.#makeInTurn(session));
        revisions.push(...appended.revisions);
        position = Math.max(position, appended.position);
      }
      return { revisions, position };
    });
  }

  /** Resolves when no append is running. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  /** Runs `work` after all earlier appends to these streams. */
  #inTurn<T>(appends: readonly Pick<AcceptedAppend, 'stream'>[], work: () => Promise<T>): Promise<T> {
    const names = [...new Set(appends.map(({ stream }) => storedName(stream, this.#prefix)))];
    const before = names.flatMap((name) => this.#underWay.get(name) ?? []);
    const done = Promise.all(before).then(work);
    const over = done
      .catch(() => undefined)
      .then(() => {
        for (const name of names) if (this.#underWay.get(name) === over) this.#underWay.delete(name);
      });
    for (const name of names) this.#underWay.set(name, over);
    return done;
  }

  #prepare({ stream, expected, events }: AcceptedAppend): Prepared {
    const name = storedName(stream, this.#prefix);
    const stored = events.map((event) => toStored(event, this.#timed(event)));
    const size = stored.reduce((sum, event) => sum + storedSize(event), 0);
    if (size > MAX_APPEND_BYTES) throw tooLarge(name, size, MAX_APPEND_BYTES);
    return { stream, name, expected, ids: events.map(({ id }) => id), stored, size };
  }

  async #make(append: Prepared): Promise<Appended> {
    const { name, size } = append;
    await this.#refuseTaken(append);
    try {
      const { revision, position } = await this.#connection.repeat(`append to the stream ${name}`, (client) =>
        this.#connection.inTime(send(client, append)),
      );
      this.#written(append, revision);
      return { revision, position: toPosition(position) };
    } catch (error) {
      if (error instanceof WrongExpectedVersionError) return this.#conflict(append, error);
      if (error instanceof StreamDeletedError) throw asDeleted(name, this.#connection.shown);
      if (error instanceof MaxAppendSizeExceededError) throw tooLarge(name, size, error.maxAppendSize);
      throw error;
    }
  }

  async #makeInTurn(session: readonly Prepared[]): Promise<AppendedAll> {
    const appended: Appended[] = [];
    for (const append of session) appended.push(await this.#make(append));
    return { revisions: appended.map(({ revision }) => revision), position: appended.at(-1)?.position ?? 0 };
  }

  /**
   * Appends all of them or none, in one write.
   * @returns undefined if the server does not support it or the outcome is unknown. Then they are repeated one by one: those already written return their
   *   first result, and the first refused one gives the reason.
   */
  async #makeTogether(session: readonly Prepared[]): Promise<AppendedAll | undefined> {
    if (!this.#takesSessions || session.length < 2 || !(await this.#areNew(session))) return undefined;
    const client = this.#connection.client('leader');
    try {
      const requests = session.map(({ name, expected, stored }) => ({
        streamName: name,
        expectedState: stateOf(expected),
        events: [...stored],
      }));
      // A follower refuses it with an error that the client does not recognize.
      const { position, responses } = await this.#connection.inTime(client.multiStreamAppend(requests));
      const byName = new Map(responses?.map(({ streamName, revision }) => [streamName, Number(revision)]));
      const revisions = session.map(({ name }) => byName.get(name) ?? -1);
      if (position <= 0n || revisions.includes(-1)) return undefined;
      session.forEach((append, index) => this.#written(append, revisions[index] ?? -1));
      return { revisions, position: toPosition(position) };
    } catch (error) {
      if (error instanceof UnsupportedError) this.#takesSessions = false;
      else if (verdictOf(error) === 'unknown') this.#connection.renew(client);
      this.#connection.checkOpen();
      return undefined;
    }
  }

  /** Whether none of the ids is already elsewhere in its stream. If one is, appending them one by one reports it. */
  async #areNew(session: readonly Prepared[]): Promise<boolean> {
    try {
      for (const append of session) await this.#refuseTaken(append);
      return true;
    } catch (error) {
      if (error instanceof LogUnavailable) throw error;
      return false;
    }
  }

  #written({ name, ids }: Prepared, revision: number): void {
    const first = revision - ids.length + 1;
    this.#known.saw(
      name,
      first,
      ids.map((id, index) => ({ id, revision: first + index })),
      revision + 1,
    );
  }

  /** The server does not detect an id that is already in the stream at an earlier revision. */
  async #refuseTaken({ stream, name, expected, ids }: Prepared): Promise<void> {
    if (expected === 'none') return;
    const from = this.#known.next(name);
    if (from <= expected) {
      const unseen = await this.#reader.read(stream, from, expected - from + 1);
      this.#known.saw(name, from, unseen, (unseen.at(-1)?.revision ?? from - 1) + 1);
    }
    const taken = this.#known.among(name, ids, expected);
    if (taken === undefined) return;
    // A wrong revision takes precedence.
    const last = (await this.#reader.read(stream, expected)).at(-1)?.revision ?? this.#known.next(name) - 1;
    throw last === expected ? new EventIdTaken(taken, stream) : new WrongRevision(stream, expected, last);
  }

  /**
   * Revisions continue after a stream was deleted, so the server does not recognize a repeated append that began it again, because it compares
   * ids at other revisions. We compare them here.
   */
  async #conflict({ stream, expected, ids }: Prepared, { actualState }: WrongExpectedVersionError): Promise<Appended> {
    if (expected === 'none') {
      const first = await this.#reader.read(stream, 0, ids.length);
      const last = first.at(-1);
      const same = first.length === ids.length && first.every(({ id }, index) => id === ids[index]);
      if (same && last) return { revision: last.revision, position: last.position };
    }
    throw new WrongRevision(stream, expected, typeof actualState === 'bigint' ? Number(actualState) : 'none');
  }
}

async function send(client: KurrentDBClient, { name, expected, stored }: Prepared): Promise<{ revision: number; position: bigint }> {
  if (await takesManyAppends(client)) return appendTo(client, name, expected, stored);
  const appended = await client.appendToStream(name, [...stored], { streamState: stateOf(expected), requiresLeader: true });
  return { revision: Number(appended.nextExpectedRevision), position: appended.position?.commit ?? -1n };
}

function stateOf(expected: Expected): typeof NO_STREAM | bigint {
  return expected === 'none' ? NO_STREAM : BigInt(expected);
}

/** Groups appends that can be one write: to different streams, within the maximum size. */
function sessionsOf(appends: readonly Prepared[]): readonly (readonly Prepared[])[] {
  const sessions: Prepared[][] = [];
  let [names, size] = [new Set<string>(), 0];
  for (const append of appends) {
    const session = sessions.at(-1);
    if (session && !names.has(append.name) && size + append.size <= MAX_APPEND_BYTES) session.push(append);
    else {
      sessions.push([append]);
      [names, size] = [new Set(), 0];
    }
    names.add(append.name);
    size += append.size;
  }
  return sessions;
}

function tooLarge(name: string, size: number, largest: number): RangeError {
  return new RangeError(
    `An append to ${name} has ${size} bytes; the maximum of EventStoreDB is ${largest}. Append fewer events at once, or store large contents elsewhere.`,
  );
}
