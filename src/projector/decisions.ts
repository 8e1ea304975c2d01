/** What operators decided about documents that wait: tried again or skipped when the decision's own event is reached in the log. */
import { DeadLetterSkipped, DeadLettersRetried, type DeadLetterEvent } from '../../contracts/operations/dead-letter.js';
import type { Position, Recorded, RecordedEvent } from '../kernel/event.js';
import type { Change, Document, Projection } from '../kernel/projection.js';
import type { EventLog } from '../log/port.js';
import type { DocumentRefused } from '../views/errors.js';
import type { DocumentChange, ParkingChange, StoredDocument, ViewReader, WaitingEvent } from '../views/port.js';
import { changesOf, documentOf } from './answers.js';
import { fold, isOfStream, reasonOf, refusalOf, waitingEvent, type Folded, type Readable } from './fold.js';
import type { Run } from './run.js';

/** The types of events that decide. */
export const decisionTypes: readonly string[] = [DeadLettersRetried.type, DeadLetterSkipped.type];

export type Decision = Recorded<DeadLetterEvent>;

/** The types of events that these projections name, and those that decide. */
export function typesOf(projections: readonly Projection[]): readonly string[] {
  return [...new Set([...projections.flatMap(({ types }) => types), ...decisionTypes])];
}

export interface DecisionContext {
  readonly log: EventLog;
  readonly waiting: ViewReader['waiting'];
  readonly read: (event: RecordedEvent) => Readable;
  /** What the store would not take when the same was tried before, in that order. */
  readonly refused: readonly DocumentRefused[];
}

/** Events of one document that are taken from the store and tried at a time. */
const CHUNK = 500;

/** Events that are asked of the log at the same time. */
const READ_AT_ONCE = 100;

/** Whether the event decides about documents of this build. */
export function concerns(event: RecordedEvent, { build, parked }: Run): event is Decision {
  if (!decisionTypes.includes(event.type)) return false;
  const { readModel, version, key } = (event as Decision).data;
  return readModel === build.model.name && version === build.model.version && (key === null ? parked.size > 0 : parked.has(key));
}

/**
 * What a decision is about, in the groups that are tried one after the other, the same for every build: document by document, then all streams
 * together, since they wait for documents that wait themselves.
 */
export function groupsOf({ data: { key } }: Decision, { parked }: Run): readonly (readonly string[])[] {
  const keys = key === null ? [...parked].sort() : [key];
  const streams = keys.filter(isOfStream);
  return [...keys.filter((each) => !isOfStream(each)).map((each) => [each]), ...(streams.length > 0 ? [streams] : [])];
}

/** What is to be committed, and for which keys nothing waits any more then. */
interface Tried {
  readonly folded: Folded;
  readonly free: readonly string[];
}

/** Tries what waits for a group, from the first event on, up to one that can't be taken. @returns what to commit, one after the other */
export async function* tryAgain(run: Run, keys: readonly string[], decision: Decision, context: DecisionContext): AsyncGenerator<Tried> {
  const [key = ''] = keys;
  yield* isOfStream(key) ? tryStreams(run, keys, decision, context) : tryDocument(run, key, decision, context);
}

async function* tryDocument(run: Run, key: string, decision: Decision, context: DecisionContext): AsyncGenerator<Tried> {
  for (let after: Position | undefined; ;) {
    const found = await context.waiting(run.build, key, after === undefined ? { first: CHUNK } : { first: CHUNK, after });
    const waiting = waitingBefore(decision, found);
    const tried = notSkipped(decision, waiting);
    const folded = await foldAgain(run, key, tried, await readAgain(tried, context), decision, context);
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
async function* tryStreams(run: Run, keys: readonly string[], decision: Decision, context: DecisionContext): AsyncGenerator<Tried> {
  const found: WaitingEvent[] = [];
  for (const key of keys) found.push(...(await context.waiting(run.build, key, { first: Number.MAX_SAFE_INTEGER })));
  const waiting = waitingBefore(decision, found).toSorted((a, b) => a.position - b.position);
  const tried = notSkipped(decision, waiting);
  const folded = await foldLate(run, tried, await readAgain(tried, context), decision, context);
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
async function readAgain(waiting: readonly WaitingEvent[], context: DecisionContext): Promise<readonly Readable[]> {
  const events: Readable[] = [];
  for (let at = 0; at < waiting.length; at += READ_AT_ONCE) {
    events.push(...(await Promise.all(waiting.slice(at, at + READ_AT_ONCE).map((event) => readOne(event, context)))));
  }
  return events;
}

async function readOne({ stream, revision, id }: WaitingEvent, { log, read }: DecisionContext): Promise<Readable> {
  const [event] = await log.readStream(stream, revision, 1);
  if (event?.id !== id) {
    throw new RangeError(`${stream.type} ${stream.id}, revision ${revision}: the log does not have the event ${id} that waits.`);
  }
  return read(event);
}

/** The events in their own places: only this document missed them. */
async function foldAgain(
  run: Run,
  key: string,
  waiting: readonly WaitingEvent[],
  events: readonly Readable[],
  { metadata }: Decision,
  context: DecisionContext,
): Promise<Folded> {
  const parked = new Set(run.parked);
  parked.delete(key);
  const { projection } = run;
  const refused = new Map(context.refused.map((refusal) => [refusalOf(refusal.key, refusal.position), refusal.reason]));
  const folded = await fold({ projection, events, documents: run, parked, refused, now: metadata.recordedAt, only: key });
  return { ...folded, parking: folded.parking.map((change) => ('done' in change ? change : again(change, waiting))) };
}

/** What waits on has waited since it was parked; one more attempt is counted of what failed. */
function again(change: WaitingEvent, waiting: readonly WaitingEvent[]): WaitingEvent {
  const { attempts = 0, parkedAt = change.parkedAt } = waiting.find(({ position }) => position === change.position) ?? {};
  return { ...change, attempts: change.error === null ? attempts : attempts + 1, parkedAt };
}

/** What is left waits. */
interface FoldedLate extends Folded {
  readonly parking: readonly WaitingEvent[];
}

/**
 * Events whose documents could not be named when they came: those documents have gone on without them, so they are applied where the
 * decision stands. One that can't be taken leaves all its documents as they are, and its stream waits on.
 */
async function foldLate(
  run: Run,
  waiting: readonly WaitingEvent[],
  events: readonly Readable[],
  decision: Decision,
  { refused }: DecisionContext,
): Promise<FoldedLate> {
  // The store tells which document it refused, not for which event: each refusal leaves out one more of those that change it, the last first.
  const leftOut = new Map<number, string>();
  let result = await foldWithout(leftOut, run, waiting, events, decision);
  for (const { key, reason } of refused) {
    const last = result.lastOf.get(key);
    if (last === undefined) throw new RangeError('The store refused a document that none of these events changes.');
    leftOut.set(last, reason);
    result = await foldWithout(leftOut, run, waiting, events, decision);
  }
  return result.folded;
}

/** @returns besides which of the events is the last to change each document */
async function foldWithout(
  leftOut: ReadonlyMap<number, string>,
  run: Run,
  waiting: readonly WaitingEvent[],
  events: readonly Readable[],
  { position, metadata }: Decision,
): Promise<{ readonly folded: FoldedLate; readonly lastOf: ReadonlyMap<string, number> }> {
  const state: Late = { position, documents: new Map(), loaded: new Map() };
  const changes: DocumentChange[] = [];
  const parking: WaitingEvent[] = [];
  const stuck = new Set<string>();
  const lastOf = new Map<string, number>();
  for (const [index, known] of waiting.entries()) {
    const readable = events[index];
    let left: WaitingEvent = { ...known, error: null };
    if (readable && !stuck.has(known.key)) {
      try {
        const reason = leftOut.get(index);
        if (reason !== undefined) throw new RangeError(reason);
        const made = await late(run, readable, known.error === null, state);
        if (made) {
          for (const { key, document } of made) {
            state.documents.set(key, { document, position });
            lastOf.set(key, index);
          }
          changes.push(...made);
          continue;
        }
        left = { ...known, attempts: known.attempts + 1 };
      } catch (failure) {
        left = again(waitingEvent(readable.event, known.key, metadata.recordedAt, reasonOf(failure)), waiting);
      }
    }
    stuck.add(known.key);
    parking.push(left);
  }
  return { folded: { changes, parking, documents: state.documents, parked: new Set() }, lastOf };
}

/** Documents while events are applied to them at a later position. */
interface Late {
  readonly position: Position;
  /** As they are by now. */
  readonly documents: Map<string, StoredDocument | null>;
  /** At which position the store had them. */
  readonly loaded: Map<string, Position>;
}

/**
 * All changes of one event at a later position. Where the store has a document at that position already, a crash cut the commit short that the
 * event was in or not.
 * @param wasTaken whether it was in it, if there was one
 * @returns undefined when it was not
 * @throws what the handler throws, and when one of its documents waits itself
 */
async function late(run: Run, readable: Readable, wasTaken: boolean, state: Late): Promise<readonly DocumentChange[] | undefined> {
  if ('failure' in readable) throw readable.failure;
  const { position, documents, loaded } = state;
  const results = new Map<string, Document | null>();
  const current = (key: string): Document | null => {
    const result = results.get(key);
    return result === undefined ? (documents.get(key)?.document ?? null) : result;
  };
  for (const change of changesOf(run.projection, readable.current)) {
    for (const key of await keysFor(change, run, current, state)) {
      if ((loaded.get(key) ?? 0) >= position) {
        if (!wasTaken) return undefined;
        continue;
      }
      const before = current(key) ?? undefined;
      const after = documentOf(change.to(before as Document));
      if (after !== before) results.set(key, after ?? null);
    }
  }
  return [...results].map(([key, document]) => ({ key, position, document }));
}

/** The documents that a change is of, loaded. @throws RangeError when one of them may be one that waits */
async function keysFor(
  { key, where }: Change,
  run: Run,
  current: (key: string) => Document | null,
  { documents, loaded }: Late,
): Promise<readonly string[]> {
  const [waits] = key === undefined ? [...run.parked].filter((parked) => !isOfStream(parked)) : run.parked.has(key) ? [key] : [];
  if (waits !== undefined) throw new RangeError(`the document ${waits} waits itself: decide about that one first`);
  const found = key === undefined ? await run.find(where.column, where.value) : [key];
  for (const [each, stored] of await run.recall(new Set(found.filter((known) => !documents.has(known))))) {
    documents.set(each, stored);
    if (stored) loaded.set(each, stored.position);
  }
  return key === undefined ? [...documents.keys()].filter((each) => current(each)?.[where.column] === where.value) : [key];
}
