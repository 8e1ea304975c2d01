/**
 * Appends, always with the exact state that the stream must be in: only then does the server recognise an append that it has already taken,
 * and answers it as the first time. That is what makes it safe to send one again when its answer was lost.
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

/** What the server takes in one append unless it is configured otherwise, in bytes. */
const LARGEST_APPEND = 1_048_576;

/** An append as the server gets it. */
interface Prepared {
  readonly stream: Stream;
  /** The stream's, in the server. */
  readonly name: string;
  readonly expected: Expected;
  readonly ids: readonly string[];
  readonly stored: readonly JSONEventData[];
  /** In bytes, as the server counts them. */
  readonly size: number;
}

/** An append of events that may be stored. */
export interface AcceptedAppend {
  readonly stream: Stream;
  readonly expected: Expected;
  readonly events: readonly AcceptedEvent[];
}

export class Appender {
  /** The last append to each stream that has one under way. */
  private readonly underWay = new Map<string, Promise<unknown>>();
  /** Whether the server takes appends to several streams in one; KurrentDB does. */
  private takesSessions = true;

  /** @param timed gives each event the time that it is recorded at, in milliseconds since 1970 */
  constructor(
    private readonly connection: Connection,
    private readonly reader: StreamReader,
    private readonly known: KnownIds,
    private readonly prefix: string,
    private readonly timed: (event: AcceptedEvent) => number,
  ) {}

  /**
   * Appends to one stream are made in the order that they are asked for; those to different streams at the same time.
   * @throws WrongRevision, EventIdTaken, RangeError, LogUnavailable as the port says
   */
  append(append: AcceptedAppend): Promise<Appended> {
    return this.inTurn([append], () => this.make(this.prepare(append)));
  }

  /**
   * Made one after the other; several at once where the server takes that.
   * @throws the same, of the first that fails
   */
  appendAll(appends: readonly AcceptedAppend[]): Promise<AppendedAll> {
    return this.inTurn(appends, async () => {
      const revisions: number[] = [];
      let position: Position = 0;
      for (const session of sessionsOf(appends.map((append) => this.prepare(append)))) {
        const appended = (await this.makeTogether(session)) ?? (await this.makeInTurn(session));
        revisions.push(...appended.revisions);
        position = Math.max(position, appended.position);
      }
      return { revisions, position };
    });
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay.values());
  }

  /** Runs what appends to these streams once nothing else does that was asked for before. */
  private inTurn<T>(appends: readonly Pick<AcceptedAppend, 'stream'>[], work: () => Promise<T>): Promise<T> {
    const names = [...new Set(appends.map(({ stream }) => storedName(stream, this.prefix)))];
    const before = names.flatMap((name) => this.underWay.get(name) ?? []);
    const done = Promise.all(before).then(work);
    const over = done
      .catch(() => undefined)
      .then(() => {
        for (const name of names) if (this.underWay.get(name) === over) this.underWay.delete(name);
      });
    for (const name of names) this.underWay.set(name, over);
    return done;
  }

  private prepare({ stream, expected, events }: AcceptedAppend): Prepared {
    const name = storedName(stream, this.prefix);
    const stored = events.map((event) => toStored(event, this.timed(event)));
    const size = stored.reduce((sum, event) => sum + storedSize(event), 0);
    if (size > LARGEST_APPEND) throw tooLarge(name, size, LARGEST_APPEND);
    return { stream, name, expected, ids: events.map(({ id }) => id), stored, size };
  }

  private async make(append: Prepared): Promise<Appended> {
    const { name, size } = append;
    await this.refuseTaken(append);
    try {
      const { revision, position } = await this.connection.repeat(`append to the stream ${name}`, (client) =>
        this.connection.inTime(send(client, append)),
      );
      this.written(append, revision);
      return { revision, position: toPosition(position) };
    } catch (error) {
      if (error instanceof WrongExpectedVersionError) return this.conflict(append, error);
      if (error instanceof StreamDeletedError) throw asDeleted(name, this.connection.shown);
      if (error instanceof MaxAppendSizeExceededError) throw tooLarge(name, size, error.maxAppendSize);
      throw error;
    }
  }

  private async makeInTurn(session: readonly Prepared[]): Promise<AppendedAll> {
    const appended: Appended[] = [];
    for (const append of session) appended.push(await this.make(append));
    return { revisions: appended.map(({ revision }) => revision), position: appended.at(-1)?.position ?? 0 };
  }

  /**
   * All of them or none, in one write.
   * @returns undefined where that is not to be had, or it is not known what came of it: made one by one, those that stand answer as the first
   *   time, and the first that is refused says why.
   */
  private async makeTogether(session: readonly Prepared[]): Promise<AppendedAll | undefined> {
    if (!this.takesSessions || session.length < 2 || !(await this.areNew(session))) return undefined;
    const client = this.connection.client('leader');
    try {
      const requests = session.map(({ name, expected, stored }) => ({
        streamName: name,
        expectedState: stateOf(expected),
        events: [...stored],
      }));
      // Followers refuse it, and say so in no way that the client understands.
      const { position, responses } = await this.connection.inTime(client.multiStreamAppend(requests));
      const byName = new Map(responses?.map(({ streamName, revision }) => [streamName, Number(revision)]));
      const revisions = session.map(({ name }) => byName.get(name) ?? -1);
      if (position <= 0n || revisions.includes(-1)) return undefined;
      session.forEach((append, index) => this.written(append, revisions[index] ?? -1));
      return { revisions, position: toPosition(position) };
    } catch (error) {
      if (error instanceof UnsupportedError) this.takesSessions = false;
      else if (verdictOf(error) === 'unknown') this.connection.renew(client);
      this.connection.checkOpen();
      return undefined;
    }
  }

  /** Whether none of the ids is known to stand elsewhere in its stream: which of them is, is told when they are made one by one. */
  private async areNew(session: readonly Prepared[]): Promise<boolean> {
    try {
      for (const append of session) await this.refuseTaken(append);
      return true;
    } catch (error) {
      if (error instanceof LogUnavailable) throw error;
      return false;
    }
  }

  private written({ name, ids }: Prepared, revision: number): void {
    const first = revision - ids.length + 1;
    this.known.saw(
      name,
      first,
      ids.map((id, index) => ({ id, revision: first + index })),
      revision + 1,
    );
  }

  /** The server would write again an id that stands in the stream before the place that it is meant for. */
  private async refuseTaken({ stream, name, expected, ids }: Prepared): Promise<void> {
    if (expected === 'none') return;
    const from = this.known.next(name);
    if (from <= expected) {
      const unseen = await this.reader.read(stream, from, expected - from + 1);
      this.known.saw(name, from, unseen, (unseen.at(-1)?.revision ?? from - 1) + 1);
    }
    const taken = this.known.among(name, ids, expected);
    if (taken === undefined) return;
    // Where the stream stands elsewhere, that is what is wrong.
    const last = (await this.reader.read(stream, expected)).at(-1)?.revision ?? this.known.next(name) - 1;
    throw last === expected ? new EventIdTaken(taken, stream) : new WrongRevision(stream, expected, last);
  }

  /**
   * A stream that was deleted and written again goes on counting, so the server doesn't find the events of an append that began it again
   * where it compares ids: we do.
   */
  private async conflict({ stream, expected, ids }: Prepared, { actualState }: WrongExpectedVersionError): Promise<Appended> {
    if (expected === 'none') {
      const first = await this.reader.read(stream, 0, ids.length);
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

/** Appends that may be one write: to different streams, and no larger than one append may be. */
function sessionsOf(appends: readonly Prepared[]): readonly (readonly Prepared[])[] {
  const sessions: Prepared[][] = [];
  let [names, size] = [new Set<string>(), 0];
  for (const append of appends) {
    const session = sessions.at(-1);
    if (session && !names.has(append.name) && size + append.size <= LARGEST_APPEND) session.push(append);
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
    `An append to ${name} takes ${size} bytes, and EventStoreDB takes ${largest} at a time. Append fewer events at once, or keep large contents elsewhere.`,
  );
}
