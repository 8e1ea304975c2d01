/** The client by itself, with the events that Daybook would write: what the server does at best for whoever asks it the same. */
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

/** Clients with the same options share a connection, which is never idle then: those of Daybook count from 0. */
const APART = 1_000;

/** Events that go into one append to several streams, at most. */
const TOGETHER = 500;

export type Append = AppendStreamRequest;

/** The append of an event at a revision of a stream, as Daybook stores it. @param recordedAt ISO 8601 */
export function appendOf({ logPrefix }: Place, stream: Stream, revision: number, event: EventToAppend, recordedAt: string): Append {
  return {
    streamName: storedName(stream, logPrefix),
    expectedState: revision === 0 ? NO_STREAM : BigInt(revision - 1),
    events: [toStored({ event, id: event.id, recordedAt: undefined }, Date.parse(recordedAt))],
  };
}

/** The appends that make the same events at a place. */
export function appendsOf(place: Place, events: readonly RecordedEvent[]): readonly Append[] {
  return events.map((event) => appendOf(place, event.stream, event.revision, event, event.metadata.recordedAt));
}

export class BareClient {
  private readonly client: KurrentDBClient;

  /** @throws LogUnavailable when the connection string is none */
  constructor(url: string) {
    this.client = KurrentDBClient.connectionString(parseAddress(url).secret('leader', APART));
  }

  /** Makes an append. @returns its position */
  async append({ streamName, events, expectedState }: Append): Promise<number> {
    const { position } = await this.client.appendToStream(streamName, events, { streamState: expectedState, requiresLeader: true });
    return Number(position?.commit);
  }

  /** Each lane makes its appends one after the other, all lanes at once. */
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

  /** Makes appends in order: many at a time where the server takes that, otherwise one after the other. @returns the seconds that took */
  async inOrder(appends: readonly Append[], together: boolean): Promise<number> {
    if (!together) return (await this.lanes([appends])).seconds;
    const groups = groupsOf(appends);
    const start = performance.now();
    for (const group of groups) await this.client.multiStreamAppend([...group]);
    return (performance.now() - start) / 1000;
  }

  /** Whether the server takes appends to several streams at a time. @param append one that may be made for the question */
  async takesSeveral(append: Append): Promise<boolean> {
    try {
      await this.client.multiStreamAppend([append]);
      return true;
    } catch (error) {
      if (error instanceof UnsupportedError) return false;
      throw error;
    }
  }

  /** The ids of a stream's events; none where there is no stream. */
  async read(stream: Stream, { logPrefix }: Place): Promise<readonly string[]> {
    const ids: string[] = [];
    try {
      for await (const { event } of this.client.readStream(storedName(stream, logPrefix), { requiresLeader: true })) {
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
    for await (const { event } of this.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1, requiresLeader: true })) {
      position = Number(event?.position.commit ?? 0);
    }
    return position;
  }

  async close(): Promise<void> {
    await this.client.dispose();
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
