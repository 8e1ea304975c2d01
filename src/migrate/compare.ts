/** Compares two logs: whether one is a prefix of the other, and whether both are equal. */
import { streamName, type Position, type RecordedEvent } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';
import { eventsOf } from '../log/walk.js';
import { canonical, linked, NO_EVENTS, type Chain } from './chain.js';
import { MigrationRefused } from './refused.js';
import { estimated } from './estimate.js';

export interface Watched {
  readonly signal?: AbortSignal | undefined;
  /** Called regularly with the number of processed events and the estimated total. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** The events of the source that the target already has. */
export interface Held {
  readonly events: number;
  /** The position of the last of them in the source; 0 when there is none. */
  readonly position: Position;
}

/**
 * The events of the source that the target already has. They must be a prefix of the source.
 * @throws MigrationRefused when it has other events; LogUnavailable
 */
export async function heldAlready(source: EventLog, target: EventLog, { signal, onProgress }: Watched): Promise<Held> {
  let held: Held = { events: 0, position: 0 };
  const head = await target.head();
  for await (const { ours, theirs } of inStep(eventsOf(source, { signal }), eventsOf(target, { signal }))) {
    if (signal?.aborted || !theirs) break;
    if (!ours || canonical(ours) !== canonical(theirs)) throw notTheBeginning(held.events + 1, ours, theirs);
    held = { events: held.events + 1, position: ours.position };
    if (held.events % REPORTED_EVERY === 0) onProgress?.(held.events, estimated(held.events, theirs.position, head));
  }
  if (held.events > 0 && signal?.aborted !== true) onProgress?.(held.events, held.events);
  return held;
}

/** The result of comparing two logs. */
export interface Comparison {
  readonly source: Chain;
  readonly target: Chain;
  /** A description of the first different event; undefined when there is none. */
  readonly difference: string | undefined;
}

/**
 * Compares both logs from the first event on.
 * @param until the last position of the source to compare
 * @throws LogUnavailable
 */
export async function compare(
  source: EventLog,
  target: EventLog,
  { until, signal, onProgress }: Watched & { readonly until: Position },
): Promise<Comparison> {
  let [from, to, difference]: readonly [Chain, Chain, string?] = [NO_EVENTS, NO_EVENTS];
  for await (const { ours, theirs } of inStep(eventsOf(source, { until, signal }), eventsOf(target, { signal }))) {
    const [event, other] = [ours && canonical(ours), theirs && canonical(theirs)];
    const before = from;
    if (event !== undefined) from = linked(from, event);
    if (other !== undefined) to = other === event && to.hash === before.hash ? from : linked(to, other);
    if (from.hash !== to.hash) difference ??= described(Math.max(from.events, to.events), ours, theirs);
    if (ours && from.events % REPORTED_EVERY === 0) onProgress?.(from.events, estimated(from.events, ours.position, until));
  }
  if (signal?.aborted !== true) onProgress?.(from.events, from.events);
  return { source: from, target: to, difference };
}

/** The number of events between progress reports. */
const REPORTED_EVERY = 500;

interface Pair {
  /** Undefined when the source has ended. */
  readonly ours: RecordedEvent | undefined;
  /** Undefined when the target has ended. */
  readonly theirs: RecordedEvent | undefined;
}

async function* inStep(source: AsyncIterator<RecordedEvent, void>, target: AsyncIterator<RecordedEvent, void>): AsyncGenerator<Pair> {
  for (;;) {
    const [ours, theirs] = await Promise.all([source.next(), target.next()]);
    if (ours.done && theirs.done) return;
    yield { ours: ours.value ?? undefined, theirs: theirs.value ?? undefined };
  }
}

function notTheBeginning(number: number, ours: RecordedEvent | undefined, theirs: RecordedEvent): MigrationRefused {
  const what = ours
    ? `The target has other events than the source: ${described(number, ours, theirs)}.`
    : `The target has more events than the source: ${described(number, ours, theirs)}.`;
  return new MigrationRefused(`${what} Nothing was written. Use an empty log as the target, or an earlier copy of this source.`);
}

/** Describes a difference, without the events' data, which may be personal. */
function described(number: number, ours: RecordedEvent | undefined, theirs: RecordedEvent | undefined): string {
  if (ours && theirs && placed(ours) === placed(theirs)) return `event ${number}, ${placed(ours)}, differs`;
  return `event ${number} is ${placed(ours)} in the source and ${placed(theirs)} in the target`;
}

function placed(event: RecordedEvent | undefined): string {
  return event ? `${event.type} ${event.id} (${streamName(event.stream)}, revision ${event.revision})` : 'missing';
}
