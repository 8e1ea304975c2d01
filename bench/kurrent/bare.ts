/** The client alone, appending the same events as Daybook: the best that the server can do. */
import {
  BACKWARDS,
  END,
  KurrentDBClient,
  NO_STREAM,
  StreamNotFoundError,
  UnsupportedError,
  type AppendStreamRequest,
} from '@kurrent/kurrentdb-client';
import type { RecordedEvent, Stream } from '../../src/kernel/event.js';
import { parseAddress } from '../../src/log/kurrent/address.js';
import { storedName, toStored } from '../../src/log/kurrent/record.js';
import type { EventToAppend } from '../../src/log/port.js';
import type { Exchanged } from '../served/job.js';
import type { Place } from './place.js';

/** Clients with equal options share a connection. Daybook's count from 0, so these use other numbers. */
const APART = 1_000;

/** The maximum number of events in one append to several streams. */
const TOGETHER = 500;

export type Append = AppendStreamRequest;

/** The append of an event at a revision of a stream, as Daybook stores it. @param recordedAt ISO 8601 */
export function appendOf({ logPrefix }: Place, stream: Stream, revision: number, event: EventToAppend, recordedAt: string): Append {
  return {
    streamName: storedName(stream, logPrefix),
    expectedState: revision === 0 ? NO_STREAM : BigInt(revision - 1),
    events: [toStored({ event, id: event.id, recordedAt: undefined, occurredAt: 0, sealed: undefined }, Date.parse(recordedAt))],
  };
}

/** The appends that make the same events at a place. */
export function appendsOf(place: Place, events: readonly RecordedEvent[]): readonly Append[] {
  return events.map((event) => appendOf(place, event.stream, event.revision, event, event.metadata.recordedAt));
}

export class BareClient {
  readonly #client: KurrentDBClient;

  /** @throws LogUnavailable when the connection string is invalid */
  constructor(url: string) {
    this.#client = KurrentDBClient.connectionString(parseAddress(url).secret('leader', APART));
  }

  /** Makes an append. @returns its position */
  async append({ streamName, events, expectedState }: Append): Promise<number> {
    const { position } = await this.#client.appendToStream(streamName, events, { streamState: expectedState, requiresLeader: true });
    return Number(position?.commit);
  }

  /** Runs lanes concurrently; the appends of a lane run one after the other. */
  async lanes(lanes: readonly (readonly Append[])[]): Promise<Exchanged> {
    const latencies: number[] = [];
    const start = performance.now();
    await Promise.all(
      lanes.map(async (appends) => {
        for (const append of appends) {
          const sent = performance.now();
          await this.append(append);
          latencies.push(performance.now() - sent);
        }
      }),
    );
    return { seconds: (performance.now() - start) / 1000, latencies: latencies.sort((a, b) => a - b) };
  }

  /** Appends in order: many at a time if the server supports it, otherwise one by one. @returns the duration in seconds */
  async inOrder(appends: readonly Append[], together: boolean): Promise<number> {
    if (!together) return (await this.lanes([appends])).seconds;
    const groups = groupsOf(appends);
    const start = performance.now();
    for (const group of groups) await this.#client.multiStreamAppend([...group]);
    return (performance.now() - start) / 1000;
  }

  /** Whether the server supports appends to several streams at once. @param append an append to test it with */
  async takesSeveral(append: Append): Promise<boolean> {
    try {
      await this.#client.multiStreamAppend([append]);
      return true;
    } catch (error) {
      if (error instanceof UnsupportedError) return false;
      throw error;
    }
  }

  /** The ids of a stream's events; none if it does not exist. */
  async read(stream: Stream, { logPrefix }: Place): Promise<readonly string[]> {
    const ids: string[] = [];
    try {
      for await (const { event } of this.#client.readStream(storedName(stream, logPrefix), { requiresLeader: true })) {
        if (event) ids.push(event.id);
      }
    } catch (error) {
      if (!(error instanceof StreamNotFoundError)) throw error;
    }
    return ids;
  }

  /** The position of the last record of all. */
  async end(): Promise<number> {
    let position = 0;
    for await (const { event } of this.#client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1, requiresLeader: true })) {
      position = Number(event?.position.commit ?? 0);
    }
    return position;
  }

  async close(): Promise<void> {
    await this.#client.dispose();
  }
}

/** Appends in the order given, a stream at most once in each group, since that is how the server takes them; what follows in a stream joins. */
function groupsOf(appends: readonly Append[]): readonly (readonly Append[])[] {
  const groups: Append[][] = [];
  let [names, events] = [new Set<string>(), 0];
  for (const append of appends) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group && last && events < TOGETHER && last.streamName === append.streamName) {
      group[group.length - 1] = { ...last, events: [...last.events, ...append.events] };
    } else if (group && events < TOGETHER && !names.has(append.streamName)) {
      group.push(append);
    } else {
      groups.push([append]);
      [names, events] = [new Set(), 0];
    }
    names.add(append.streamName);
    events += append.events.length;
  }
  return groups;
}
