/** What a read asks for, and all that it is answered with. */
import type streamsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { Faults } from './faults.js';
import { streamNameOf, toLogPosition } from './messages.js';
import { readBackwards, readForwards, StreamDeleted, subscribeToAll, subscribeToStream, type AllFilter, type Sent } from './reading.js';
import type { Store, Stored } from './store.js';
import type { Traits } from './versions.js';

export type Answer = Sent | { readonly kind: 'streamNotFound'; readonly stream: string };

type Options = streamsPb.ReadReq.Options;

/** Records that the server looks at per page unless the client says. */
const WINDOW = 32;

const BACKWARDS = 1;

/** @throws InvalidPosition, StreamDeleted */
export async function* answersTo(
  request: streamsPb.ReadReq,
  store: Store,
  signal: AbortSignal,
  faults: Faults,
  traits: Traits,
): AsyncGenerator<Answer, void, undefined> {
  const options = request.getOptions();
  if (!options) return;
  const subscribes = options.hasSubscription();
  if (options.hasAll()) {
    if (subscribes) yield* subscribeToAll(store, startOf(options), filterOf(options), signal, traits);
    else yield* counted(readAll(options, store, faults), Number(options.getCount()));
    return;
  }
  const stream = streamNameOf(options.getStream()?.getStreamIdentifier());
  if (subscribes) yield* subscribeToStream(store, stream, afterOf(options), signal, traits);
  else yield* readStream(options, store, stream);
}

async function* readAll(options: Options, store: Store, faults: Faults): AsyncGenerator<Stored> {
  const matches = filterOf(options)?.matches ?? (() => true);
  const position = options.getAll()?.getPosition();
  const from = position && toLogPosition(position);
  if ((options.getReadDirection() as number) === BACKWARDS) yield* readBackwards(store, from, matches, () => faults.scanned());
  else yield* readForwards(store, from ?? { commit: 0, prepare: 0 }, matches);
}

async function* readStream(options: Options, store: Store, stream: string): AsyncGenerator<Answer> {
  const events = store.readable(stream);
  if (events === 'tombstoned') throw new StreamDeleted(stream);
  if (!events) {
    yield { kind: 'streamNotFound', stream };
    return;
  }
  const asked = options.getStream();
  const backwards = (options.getReadDirection() as number) === BACKWARDS;
  const revision = asked?.hasRevision() ? BigInt(asked.getRevision()) : undefined;
  const wanted = events.filter((event) => revision === undefined || (backwards ? event.revision <= revision : event.revision >= revision));
  yield* counted(backwards ? wanted.toReversed() : wanted, Number(options.getCount()));
}

async function* counted(events: Iterable<Stored> | AsyncIterable<Stored>, count: number): AsyncGenerator<Answer> {
  let left = count;
  if (left <= 0) return;
  for await (const event of events) {
    yield { kind: 'event', event };
    left -= 1;
    if (left === 0) return;
  }
}

function startOf(options: Options): Parameters<typeof subscribeToAll>[1] {
  const all = options.getAll();
  const position = all?.getPosition();
  if (position) return toLogPosition(position);
  return all?.hasEnd() ? 'end' : 'start';
}

/** The revision that a subscription begins after. */
function afterOf(options: Options): bigint | 'start' | 'end' {
  const asked = options.getStream();
  if (asked?.hasRevision()) return BigInt(asked.getRevision());
  return asked?.hasEnd() ? 'end' : 'start';
}

function filterOf(options: Options): AllFilter | undefined {
  const filter = options.getFilter();
  if (!filter) return undefined;
  const byType = filter.getEventType();
  const expression = byType ?? filter.getStreamIdentifier();
  const text = byType ? (event: Stored) => event.type : (event: Stored) => event.stream;
  const regex = expression?.getRegex() ? new RegExp(expression.getRegex()) : undefined;
  const prefixes = expression?.getPrefixList() ?? [];
  const window = filter.hasMax() ? filter.getMax() : WINDOW;
  return {
    matches: (event) => (regex ? regex.test(text(event)) : prefixes.some((prefix) => text(event).startsWith(prefix))),
    window,
    interval: window * filter.getCheckpointintervalmultiplier(),
  };
}
