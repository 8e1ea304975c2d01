/** Carries out a decision on one build: what waits is read again from the log and tried, and what comes of it is committed. */
import { DeadLetterSkipped } from '../../contracts/operations/dead-letter.js';
import type { Position, RecordedEvent } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';
import { DocumentRefused } from '../views/errors.js';
import type { ParkingChange, ViewReader, ViewWriter, WaitingEvent } from '../views/port.js';
import { groupsOf, type Decision } from './decisions.js';
import { foldAgain, foldLate } from './fold-again.js';
import type { Folded } from './fold.js';
import type { LeaseKeeper } from './leases.js';
import type { Readable } from './readable.js';
import type { Run } from './run.js';
import { isOfStream } from './waiting.js';

export interface CarryOutContext {
  readonly log: EventLog;
  readonly views: Pick<ViewWriter, 'commit'>;
  readonly reader: Pick<ViewReader, 'waiting'>;
  readonly leases: Pick<LeaseKeeper, 'hold'>;
  readonly read: (event: RecordedEvent) => Readable;
}

/** What the store would not take when the same was tried before, in that order. */
type Refusals = readonly DocumentRefused[];

/** Events of one document that are taken from the store and tried at a time. */
const CHUNK = 500;

/** Events that are asked of the log at the same time. */
const READ_AT_ONCE = 100;

/** A decision about documents that wait. The checkpoint passes it when all of them have been tried. */
export async function carryOut(run: Run, decision: Decision, context: CarryOutContext): Promise<void> {
  for (const keys of groupsOf(decision, run)) {
    const refused: DocumentRefused[] = [];
    for (;;) {
      try {
        await tryGroup(run, keys, decision, refused, context);
        break;
      } catch (failure) {
        if (!(failure instanceof DocumentRefused)) throw failure;
        refused.push(failure);
      }
    }
  }
}

/** @throws DocumentRefused when the store can't take what comes of it: what was committed before that stays */
async function tryGroup(run: Run, keys: readonly string[], decision: Decision, refused: Refusals, context: CarryOutContext): Promise<void> {
  const { views, leases } = context;
  for await (const { folded, free } of tryAgain(run, keys, decision, refused, context)) {
    await views.commit([run.commit(folded, run.position, {}, await leases.hold(run.leaseName))]);
    run.forget();
    for (const key of free) run.parked.delete(key);
  }
}

/** What is to be committed, and for which keys nothing waits any more then. */
interface Tried {
  readonly folded: Folded;
  readonly free: readonly string[];
}

/** Tries what waits for a group, from the first event on, up to one that can't be taken. @returns what to commit, one after the other */
async function* tryAgain(
  run: Run,
  keys: readonly string[],
  decision: Decision,
  refused: Refusals,
  context: CarryOutContext,
): AsyncGenerator<Tried> {
  const [key = ''] = keys;
  yield* isOfStream(key) ? tryStreams(run, keys, decision, refused, context) : tryDocument(run, key, decision, refused, context);
}

async function* tryDocument(run: Run, key: string, decision: Decision, refused: Refusals, context: CarryOutContext): AsyncGenerator<Tried> {
  for (let after: Position | undefined; ;) {
    const found = await context.reader.waiting(run.build, key, after === undefined ? { first: CHUNK } : { first: CHUNK, after });
    const waiting = waitingBefore(decision, found);
    const tried = notSkipped(decision, waiting);
    const folded = await foldAgain(run, key, tried, await readAgain(tried, context), decision, refused);
    const isStuck = folded.parking.length > 0;
    const isEnd = waiting.length < found.length || found.length < CHUNK;
    yield { folded: withDone(folded, waiting), free: isEnd && !isStuck ? [key] : [] };
    if (isStuck || isEnd) return;
    after = waiting.at(-1)?.position;
  }
}

/**
 * All go into the store at once: several may change one document, at the decision's one position, where a document that is there has all that
 * was taken. Which events are taken is noted before, by their having no error any more: should a crash leave some documents written and others
 * not, an event whose documents have it is told by that from one that could not be taken.
 */
async function* tryStreams(
  run: Run,
  keys: readonly string[],
  decision: Decision,
  refused: Refusals,
  context: CarryOutContext,
): AsyncGenerator<Tried> {
  const found: WaitingEvent[] = [];
  for (const key of keys) found.push(...(await context.reader.waiting(run.build, key, { first: Number.MAX_SAFE_INTEGER })));
  const waiting = waitingBefore(decision, found).toSorted((a, b) => a.position - b.position);
  const tried = notSkipped(decision, waiting);
  const folded = await foldLate(run, tried, await readAgain(tried, context), decision, refused);
  const errors = new Map(folded.parking.map((event) => [idOf(event), event.error]));
  const noted = tried.map((event) => ({ ...event, error: errors.get(idOf(event)) ?? null }));
  const isNoted = noted.every(({ error }, index) => (error === null) === (tried[index]?.error === null));
  if (errors.size < tried.length && !isNoted) {
    yield { folded: { changes: [], parking: noted, documents: new Map(), parked: new Set() }, free: [] };
  }
  const stuck = new Set(folded.parking.map(({ key }) => key));
  yield { folded: withDone(folded, waiting), free: keys.filter((key) => !stuck.has(key)) };
}

/** What stands beyond the decision was written by a commit that a crash cut short, and comes again. */
function waitingBefore({ position }: Decision, found: readonly WaitingEvent[]): readonly WaitingEvent[] {
  return found.filter((event) => event.position < position);
}

function notSkipped({ type, data }: Decision, waiting: readonly WaitingEvent[]): readonly WaitingEvent[] {
  const skipped = type === DeadLetterSkipped.type && 'eventId' in data ? data.eventId : undefined;
  return waiting.filter(({ id }) => id !== skipped);
}

/** With what of it waits no longer. */
function withDone(folded: Folded, waiting: readonly WaitingEvent[]): Folded {
  const left = new Set(folded.parking.map(idOf));
  const done = waiting.filter((event) => !left.has(idOf(event))).map(({ key, position }): ParkingChange => ({ key, position, done: true }));
  return { ...folded, parking: [...folded.parking, ...done] };
}

/** Tells an event that waits from every other. */
function idOf({ key, position }: Pick<WaitingEvent, 'key' | 'position'>): string {
  return `${position} ${key}`;
}

/** The events as the log has them, so many at a time. */
async function readAgain(waiting: readonly WaitingEvent[], context: CarryOutContext): Promise<readonly Readable[]> {
  const events: Readable[] = [];
  for (let at = 0; at < waiting.length; at += READ_AT_ONCE) {
    events.push(...(await Promise.all(waiting.slice(at, at + READ_AT_ONCE).map((event) => readOne(event, context)))));
  }
  return events;
}

async function readOne({ stream, revision, id }: WaitingEvent, { log, read }: CarryOutContext): Promise<Readable> {
  const [event] = await log.readStream(stream, revision, 1);
  if (event?.id !== id) {
    throw new RangeError(`${stream.type} ${stream.id}, revision ${revision}: the log does not have the event ${id} that waits.`);
  }
  return read(event);
}
