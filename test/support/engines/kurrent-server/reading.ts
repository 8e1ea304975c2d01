/** Reads and subscriptions of `$all` and of streams, as the real server pages through its log: what each step sends, in order. */
import { setTimeout as delay } from 'node:timers/promises';
import { TOMBSTONE, type Store, type Stored } from './store.js';
import type { Traits } from './versions.js';

/** A place in the log: events stand at `commit` = `prepare`, while a checkpoint may be `commit` with 0, before the event that stands there. */
export interface LogPosition {
  readonly commit: number;
  readonly prepare: number;
}

export interface AllFilter {
  readonly matches: (event: Stored) => boolean;
  /** Records looked at per page. */
  readonly window: number;
  /** Records looked at between two checkpoints. */
  readonly interval: number;
}

/** Where a subscription is, as "caught up" may say. */
export type Reached = { readonly position: LogPosition } | { readonly revision: bigint };

export type Sent =
  | { readonly kind: 'confirmation' }
  | { readonly kind: 'event'; readonly event: Stored }
  | { readonly kind: 'checkpoint'; readonly position: LogPosition }
  | { readonly kind: 'caughtUp'; readonly reached?: Reached };

/** There is no record where a read is to begin. */
export class InvalidPosition extends Error {}
export class StreamDeleted extends Error {}

/** Events that one page brings, and live events that may wait before a subscription falls behind. */
const PAGE = 32;

/** How often a subscription looks for a stream that is not there, in milliseconds. */
const LOOKS_EVERY_MS = 50;

const START: LogPosition = { commit: 0, prepare: 0 };

/** The events from a position on, which is included; none beyond the last record. @throws InvalidPosition inside a record. */
export function* readForwards(store: Store, from: LogPosition, matches: AllFilter['matches']): Generator<Stored> {
  check(store, from);
  for (let index = firstAt(store, from); index < store.all.length; index += 1) {
    const event = store.all[index] as Stored;
    if (matches(event)) yield event;
  }
}

/** Records that a read looks at in one go. */
const SCANNED = 1000;

/**
 * The events that end before a position, latest first.
 * @param scanned is waited for when so many more records were looked at
 * @throws InvalidPosition inside a record or beyond the end.
 */
export async function* readBackwards(
  store: Store,
  from: LogPosition | undefined,
  matches: AllFilter['matches'],
  scanned: () => Promise<void>,
): AsyncGenerator<Stored> {
  if (from && !store.isPosition(from.commit)) throw new InvalidPosition();
  let looked = 0;
  for (let index = store.all.length - 1; index >= 0; index -= 1) {
    const event = store.all[index] as Stored;
    if (from && store.after(index) > from.commit) continue;
    if (matches(event)) yield event;
    looked += 1;
    if (looked % SCANNED === 0) await scanned();
  }
}

/** A subscription to `$all`, from after a position. It never ends by itself. @throws InvalidPosition inside a record. */
export function subscribeToAll(
  store: Store,
  from: LogPosition | 'start' | 'end',
  filter: AllFilter | undefined,
  signal: AbortSignal,
  traits: Traits,
): AsyncGenerator<Sent, void, undefined> {
  return (traits.marksEnd ? subscribeToAllMarkingEnd : subscribeToAllUnmarked)(store, from, filter, signal);
}

type AllSubscription = (
  store: Store,
  from: LogPosition | 'start' | 'end',
  filter: AllFilter | undefined,
  signal: AbortSignal,
) => AsyncGenerator<Sent, void, undefined>;

const unfiltered: AllFilter = { matches: () => true, window: PAGE, interval: Infinity };

/** One page of records that a subscription catches up on. */
interface Scan {
  readonly events: readonly Stored[];
  readonly considered: number;
  /** Whether it met the end of the log. A page that ends with the last record doesn't know that: the next one finds the end. */
  readonly ended: boolean;
}

function scan(store: Store, index: number, { matches, window }: AllFilter): Scan {
  const events: Stored[] = [];
  let considered = 0;
  while (index + considered < store.all.length && events.length < PAGE && considered < window) {
    const event = store.all[index + considered] as Stored;
    considered += 1;
    if (matches(event)) events.push(event);
  }
  return { events, considered, ended: events.length < PAGE && considered < window };
}

/** As EventStoreDB 23.10: a position's own record is passed over whatever it is, the end is not marked, and live records go on counting. */
const subscribeToAllUnmarked: AllSubscription = async function* (store, from, filter, signal) {
  const { matches, interval } = filter ?? unfiltered;
  let index = store.all.length;
  let looked = 0;
  if (from !== 'end') {
    index = 0;
    let page = START;
    if (from !== 'start') {
      check(store, from);
      index = Math.min(firstAt(store, from) + 1, store.all.length);
      page = index === 0 ? from : { commit: store.after(index - 1), prepare: 0 };
    }
    yield { kind: 'confirmation' };
    for (let ended = false; !ended && !signal.aborted;) {
      const found = scan(store, index, filter ?? unfiltered);
      index += found.considered;
      looked += found.considered;
      ended = found.ended;
      for (const event of found.events) yield { kind: 'event', event };
      const last = found.events.at(-1)?.position;
      if (!ended && looked >= interval) {
        looked %= interval;
        yield { kind: 'checkpoint', position: last === undefined ? page : { commit: last, prepare: last } };
      }
      // The next page begins where this one ended: before the record that stands there.
      if (found.considered > 0) page = { commit: store.after(index - 1), prepare: 0 };
      await new Promise(setImmediate);
    }
  } else {
    yield { kind: 'confirmation' };
  }
  yield { kind: 'caughtUp' };
  while (!signal.aborted) {
    const event = store.all[index];
    if (!event) {
      await written(store, signal);
      continue;
    }
    index += 1;
    looked += 1;
    if (matches(event)) yield { kind: 'event', event };
    if (looked < interval) continue;
    looked = 0;
    yield { kind: 'checkpoint', position: { commit: event.position, prepare: event.position } };
  }
};

/** As KurrentDB 26.1: a checkpoint comes before each "caught up", none comes twice, and who falls behind catches up again. */
const subscribeToAllMarkingEnd: AllSubscription = async function* (store, from, filter, signal) {
  const { matches, interval } = filter ?? unfiltered;
  const last = { commit: store.last, prepare: store.last };
  let checkpoint: LogPosition = from === 'start' ? { commit: -1, prepare: -1 } : from === 'end' ? last : from;
  let marked: LogPosition = { commit: -1, prepare: -1 };
  let index = store.all.length;
  yield { kind: 'confirmation' };
  const mark = function* (): Generator<Sent> {
    if (!filter || compared(checkpoint, marked) <= 0) return;
    marked = checkpoint;
    yield { kind: 'checkpoint', position: checkpoint };
  };
  for (let behind = compared(checkpoint, last) < 0; !signal.aborted; behind = true) {
    if (behind) {
      let looked = 0;
      let page = compared(checkpoint, START) < 0 ? START : checkpoint;
      check(store, page);
      index = firstAt(store, page);
      for (let ended = false; !ended && !signal.aborted;) {
        const found = scan(store, index, filter ?? unfiltered);
        index += found.considered;
        looked += found.considered;
        ended = found.ended;
        for (const event of found.events) {
          const position = { commit: event.position, prepare: event.position };
          if (compared(position, checkpoint) <= 0) continue;
          yield { kind: 'event', event };
          checkpoint = position;
        }
        // The next page begins where this one ended: before the record that stands there.
        const next = found.considered > 0 ? { commit: store.after(index - 1), prepare: 0 } : page;
        if (compared(checkpoint, page) < 0 && compared(page, next) < 0) checkpoint = page;
        if (ended || looked >= interval) {
          looked %= interval;
          yield* mark();
        }
        page = next;
        await new Promise(setImmediate);
      }
    }
    yield { kind: 'caughtUp', ...(checkpoint.commit < 0 ? {} : { reached: { position: checkpoint } }) };
    for (let skipped = 0; !signal.aborted && !fallsBehind(store, index, matches);) {
      const event = store.all[index];
      if (!event) {
        await written(store, signal);
        continue;
      }
      index += 1;
      skipped += 1;
      const position = { commit: event.position, prepare: event.position };
      if (compared(position, checkpoint) > 0 && matches(event)) {
        yield { kind: 'event', event };
        checkpoint = position;
      }
      if (skipped < interval) continue;
      skipped = 0;
      if (compared(position, checkpoint) < 0) continue;
      checkpoint = position;
      yield* mark();
    }
    yield* mark();
  }
};

/** Whether more live events wait than a subscription keeps. */
function fallsBehind(store: Store, index: number, matches: AllFilter['matches']): boolean {
  return store.all.length - index > PAGE && store.all.slice(index).filter(matches).length > PAGE;
}

/**
 * A subscription to a stream, from after a revision. It never ends by itself.
 * @throws StreamDeleted when the stream is, or becomes, tombstoned.
 */
export function subscribeToStream(
  store: Store,
  stream: string,
  after: bigint | 'start' | 'end',
  signal: AbortSignal,
  traits: Traits,
): AsyncGenerator<Sent, void, undefined> {
  return (traits.waitsForStreams ? subscribeWaiting : subscribeAtOnce)(store, stream, after, signal);
}

type StreamSubscription = (
  store: Store,
  stream: string,
  after: bigint | 'start' | 'end',
  signal: AbortSignal,
) => AsyncGenerator<Sent, void, undefined>;

/** As EventStoreDB 23.10: it looks for the stream until it is there, and only from the end on it is live at once, whatever the stream is. */
const subscribeWaiting: StreamSubscription = async function* (store, stream, after, signal) {
  let sent = typeof after === 'bigint' ? after : -1n;
  let index = store.all.length;
  let confirmed = after === 'end';
  if (confirmed) yield { kind: 'confirmation' };
  for (let behind = after !== 'end'; behind && !signal.aborted;) {
    const events = store.readable(stream);
    if (events === 'tombstoned') throw new StreamDeleted(stream);
    if (!confirmed) yield { kind: 'confirmation' };
    confirmed = true;
    const fresh = events?.filter((event) => event.revision > sent).slice(0, PAGE) ?? [];
    for (const event of fresh) yield { kind: 'event', event };
    sent = fresh.at(-1)?.revision ?? sent;
    behind = events === undefined || fresh.length > 0;
    if (events === undefined) await delay(LOOKS_EVERY_MS, undefined, { signal }).catch(() => undefined);
    else if (!behind) index = store.all.length;
  }
  if (signal.aborted) return;
  yield { kind: 'caughtUp' };
  for (; !signal.aborted; index += 1) {
    while (index >= store.all.length && !signal.aborted) await written(store, signal);
    yield* live(store.all[index], stream, sent);
  }
};

/** As KurrentDB 26.1: it follows the stream from the beginning, catches up, and says so, whatever there is of the stream. */
const subscribeAtOnce: StreamSubscription = async function* (store, stream, after, signal) {
  const last = store.current(stream);
  if (last === TOMBSTONE) throw new StreamDeleted(stream);
  let index = store.all.length;
  let checkpoint = after === 'start' ? -1n : after === 'end' ? last : after;
  yield { kind: 'confirmation' };
  for (let behind = checkpoint < last; !signal.aborted; behind = true) {
    for (let more = behind; more && !signal.aborted;) {
      const events = store.readable(stream);
      if (events === 'tombstoned') throw new StreamDeleted(stream);
      const fresh = events?.filter((event) => event.revision > checkpoint).slice(0, PAGE) ?? [];
      for (const event of fresh) yield { kind: 'event', event };
      checkpoint = fresh.at(-1)?.revision ?? checkpoint;
      more = fresh.length > 0;
    }
    yield { kind: 'caughtUp', ...(checkpoint < 0n ? {} : { reached: { revision: checkpoint } }) };
    while (!signal.aborted && !fallsBehind(store, index, (event) => event.stream === stream && event.revision > checkpoint)) {
      const event = store.all[index];
      if (!event) {
        await written(store, signal);
        continue;
      }
      index += 1;
      for (const sent of live(event, stream, checkpoint)) {
        yield sent;
        checkpoint = event.revision;
      }
    }
  }
};

/** What a subscription says of a record that was just written. @throws StreamDeleted after the event that says so */
function* live(event: Stored | undefined, stream: string, after: bigint): Generator<Sent> {
  if (event?.stream !== stream || event.revision <= after) return;
  yield { kind: 'event', event };
  if (event.revision === TOMBSTONE) throw new StreamDeleted(stream);
}

async function written(store: Store, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      store.news.off('written', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    store.news.once('written', done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

/** Beyond the last record nothing is looked at, so no position there is found to be none. */
function check(store: Store, { commit }: LogPosition): void {
  if (commit <= store.last && !store.isPosition(commit)) throw new InvalidPosition();
}

function compared(one: LogPosition, other: LogPosition): number {
  return one.commit - other.commit || one.prepare - other.prepare;
}

function firstAt(store: Store, from: LogPosition): number {
  return firstIndex(store, ({ position }) => compared({ commit: position, prepare: position }, from) >= 0);
}

/** The first record that lies beyond, found by halving. */
function firstIndex(store: Store, beyond: (event: Stored) => boolean): number {
  let [low, high] = [0, store.all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (beyond(store.all[middle] as Stored)) high = middle;
    else low = middle + 1;
  }
  return low;
}
