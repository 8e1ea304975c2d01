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

/** Whether the event decides about documents of this build. */
export function concerns(event: RecordedEvent, { build, parked }: Run): event is Decision {
  if (!decisionTypes.includes(event.type)) return false;
  const { readModel, version, key } = (event as Decision).data;
  return readModel === build.model.name && version === build.model.version && (key === null ? parked.size > 0 : parked.has(key));
}

/** The keys that a decision is about, in an order that every build has: streams last, since they wait for documents that wait themselves. */
export function keysOf({ data: { key } }: Decision, { parked }: Run): readonly string[] {
  return key === null ? [...parked].sort((a, b) => Number(isOfStream(a)) - Number(isOfStream(b)) || (a < b ? -1 : 1)) : [key];
}

/**
 * Tries what waits for a document, from the first event on, up to one that can't be taken.
 * @returns what to commit, chunk by chunk; `free` when nothing waits any more
 */
export async function* tryAgain(
  run: Run,
  key: string,
  decision: Decision,
  context: DecisionContext,
): AsyncGenerator<{ readonly folded: Folded; readonly free: boolean }> {
  const skipped = decision.type === DeadLetterSkipped.type && 'eventId' in decision.data ? decision.data.eventId : undefined;
  const ofStream = isOfStream(key);
  for (let after: Position | undefined; ;) {
    // A stream's events may change one document several times at the decision's position: they go into the store together.
    const first = ofStream ? Number.MAX_SAFE_INTEGER : CHUNK;
    const found = await context.waiting(run.build, key, after === undefined ? { first } : { first, after });
    // What stands beyond the decision was written by a commit that a crash cut short, and comes again.
    const waiting = found.filter(({ position }) => position < decision.position);
    const tried = waiting.filter(({ id }) => id !== skipped);
    const events = await Promise.all(tried.map((event) => readAgain(event, context)));
    const folded = ofStream
      ? await foldLate(run, key, tried, events, decision, context)
      : await foldAgain(run, key, tried, events, decision, context);
    const left = new Set(folded.parking.map(({ position }) => position));
    const done = waiting
      .filter(({ position }) => !left.has(position))
      .map(({ position }): ParkingChange => ({ key, position, done: true }));
    const stuck = left.size > 0;
    const free = !stuck && (waiting.length < found.length || found.length < first);
    yield { folded: { ...folded, parking: [...folded.parking, ...done] }, free };
    if (stuck || free) return;
    after = waiting.at(-1)?.position;
  }
}

async function readAgain({ stream, revision, id }: WaitingEvent, { log, read }: DecisionContext): Promise<Readable> {
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
  return { ...folded, parking: folded.parking.map((change) => again(change, waiting)) };
}

/** What waits on has waited since it was parked; one more attempt is counted of what failed. */
function again(change: ParkingChange, waiting: readonly WaitingEvent[]): ParkingChange {
  if ('done' in change) return change;
  const { attempts = 0, parkedAt = change.parkedAt } = waiting.find(({ position }) => position === change.position) ?? {};
  return { ...change, attempts: change.error === null ? attempts : attempts + 1, parkedAt };
}

/**
 * Events whose documents could not be named when they came: those documents have gone on without them, so they are applied where the
 * decision stands. One that can't be taken leaves all its documents as they are.
 */
async function foldLate(
  run: Run,
  key: string,
  waiting: readonly WaitingEvent[],
  events: readonly Readable[],
  { position, metadata }: Decision,
  { refused }: DecisionContext,
): Promise<Folded> {
  const documents = new Map<string, StoredDocument | null>();
  const loaded = new Map<string, Position>();
  const changes: DocumentChange[] = [];
  const parking: ParkingChange[] = [];
  // The store does not tell which of several events it refused, so each refusal leaves out one more of the last.
  const taken = events.length - refused.length;
  for (const [index, readable] of events.entries()) {
    const { event } = readable;
    let error: string | null = null;
    if (parking.length === 0) {
      try {
        if (index === taken) throw new RangeError(refused.at(-1)?.reason);
        for (const change of await late(run, readable, position, documents, loaded)) {
          documents.set(change.key, { document: change.document, position });
          changes.push(change);
        }
        continue;
      } catch (failure) {
        error = reasonOf(failure);
      }
    }
    parking.push(again(waitingEvent(event, key, metadata.recordedAt, error), waiting));
  }
  return { changes, parking, documents, parked: new Set() };
}

/** All changes of one event at a later position. @throws what the handler throws, and when one of its documents waits itself */
async function late(
  run: Run,
  readable: Readable,
  position: Position,
  documents: Map<string, StoredDocument | null>,
  loaded: Map<string, Position>,
): Promise<readonly DocumentChange[]> {
  if ('failure' in readable) throw readable.failure;
  const results = new Map<string, Document | null>();
  const current = (key: string): Document | null => {
    const result = results.get(key);
    return result === undefined ? (documents.get(key)?.document ?? null) : result;
  };
  for (const change of changesOf(run.projection, readable.current)) {
    for (const key of await keysFor(change, run, current, documents, loaded)) {
      if ((loaded.get(key) ?? 0) >= position) continue;
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
  documents: Map<string, StoredDocument | null>,
  loaded: Map<string, Position>,
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
