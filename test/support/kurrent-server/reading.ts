/** Reads and subscriptions of `$all` and of streams, as the real server pages through its log: what each step sends, in order. */
import type { Faults } from './faults.js';
import type { Stored, Store } from './store.js';

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

export type Sent =
  | { readonly kind: 'confirmation' }
  | { readonly kind: 'event'; readonly event: Stored }
  | { readonly kind: 'checkpoint'; readonly position: LogPosition }
  | { readonly kind: 'caughtUp' };

export class InvalidPosition extends Error {}
export class StreamDeleted extends Error {}

/** Events that one page brings, and live events that may wait before a subscription falls behind. */
const PAGE = 32;

/** The events from a position on, which is included. @throws InvalidPosition inside a record. */
export function* readForwards(store: Store, from: LogPosition, matches: AllFilter['matches']): Generator<Stored> {
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
 * @throws InvalidPosition inside a record.
 */
export async function* readBackwards(
  store: Store,
  from: LogPosition | undefined,
  matches: AllFilter['matches'],
  scanned: () => Promise<void>,
): AsyncGenerator<Stored> {
  if (from) check(store, from);
  let looked = 0;
  for (let index = store.all.length - 1; index >= 0; index -= 1) {
    const event = store.all[index] as Stored;
    if (from && store.after(index) > from.commit) continue;
    if (matches(event)) yield event;
    looked += 1;
    if (looked % SCANNED === 0) await scanned();
  }
}

/** A subscription to `$all`, from after a position. It never ends by itself. */
export async function* subscribeToAll(
  store: Store,
  from: LogPosition | 'start' | 'end',
  filter: AllFilter | undefined,
  signal: AbortSignal,
  faults: Faults,
): AsyncGenerator<Sent, void, undefined> {
  const { matches, window, interval } = filter ?? { matches: () => true, window: PAGE, interval: Infinity };
  const last = store.all.at(-1)?.position ?? 0;
  let sent: LogPosition = from === 'start' ? { commit: -1, prepare: -1 } : from === 'end' ? { commit: last, prepare: last } : from;
  if (typeof from === 'object') check(store, from);
  yield { kind: 'confirmation' };
  let index = firstAfter(store, sent);
  for (;;) {
    let looked = 0;
    for (let page = sent; !signal.aborted;) {
      let [found, considered] = [0, 0];
      while (index < store.all.length && found < PAGE && considered < window) {
        const event = store.all[index] as Stored;
        index += 1;
        considered += 1;
        if (!matches(event)) continue;
        found += 1;
        yield { kind: 'event', event };
        sent = { commit: event.position, prepare: event.position };
      }
      looked += considered;
      // A page that ends with the last record doesn't know that: the next one finds the end.
      const ended = found < PAGE && considered < window;
      if (ended || looked >= interval) {
        looked = ended ? 0 : looked % interval;
        if (page.commit > sent.commit) sent = page;
        if (filter && sent.commit >= 0 && !(ended && faults.leavesEndUnmarked)) yield { kind: 'checkpoint', position: sent };
      }
      if (ended) break;
      // The next page begins where this one ended: before the record that stands there.
      page = { commit: store.after(index - 1), prepare: 0 };
      await new Promise(setImmediate);
    }
    yield { kind: 'caughtUp' };
    for (let skipped = 0; store.all.length - index <= PAGE && !signal.aborted;) {
      const event = store.all[index];
      if (!event) {
        await written(store, signal);
        continue;
      }
      index += 1;
      skipped += 1;
      sent = { commit: event.position, prepare: event.position };
      if (matches(event)) yield { kind: 'event', event };
      if (skipped < interval) continue;
      skipped = 0;
      yield { kind: 'checkpoint', position: sent };
    }
    if (signal.aborted) return;
  }
}

/** A subscription to a stream, from after a revision. It never ends by itself. @throws StreamDeleted when the stream is, or becomes, tombstoned. */
export async function* subscribeToStream(
  store: Store,
  stream: string,
  after: bigint,
  signal: AbortSignal,
): AsyncGenerator<Sent, void, undefined> {
  yield { kind: 'confirmation' };
  for (let [sent, caughtUp] = [after, false]; !signal.aborted;) {
    const events = store.readable(stream);
    if (events === 'tombstoned') throw new StreamDeleted(stream);
    const fresh = events?.filter((event) => event.revision > sent) ?? [];
    for (const event of fresh) yield { kind: 'event', event };
    sent = fresh.at(-1)?.revision ?? sent;
    if (fresh.length > 0) continue;
    if (caughtUp) await written(store, signal);
    else yield { kind: 'caughtUp' };
    caughtUp = true;
  }
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

function check(store: Store, { commit }: LogPosition): void {
  if (!store.isPosition(commit)) throw new InvalidPosition();
}

function firstAt(store: Store, from: LogPosition): number {
  check(store, from);
  return firstIndex(store, ({ position }) => position > from.commit || (position === from.commit && from.prepare <= position));
}

function firstAfter(store: Store, from: LogPosition): number {
  return firstIndex(store, ({ position }) => position > from.commit || (position === from.commit && from.prepare < position));
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
