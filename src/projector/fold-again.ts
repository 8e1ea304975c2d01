/** What events that waited make of documents when a decision has them tried again, in memory: in their own places, or where the decision stands. */
import type { Position } from '../kernel/event.js';
import type { Change, Document } from '../kernel/projection.js';
import type { DocumentRefused } from '../views/errors.js';
import type { DocumentChange, StoredDocument, WaitingEvent } from '../views/port.js';
import { changesOf, documentOf } from './answers.js';
import type { Decision } from './decisions.js';
import { fold, refusalOf, type Folded } from './fold.js';
import type { Readable } from './readable.js';
import type { Run } from './run.js';
import { isOfStream, reasonOf, waitingEvent } from './waiting.js';

/**
 * The events in their own places: only this document missed them.
 * @param refusals what the store would not take when the same was tried before, in that order
 */
export async function foldAgain(
  run: Run,
  key: string,
  waiting: readonly WaitingEvent[],
  events: readonly Readable[],
  { metadata }: Decision,
  refusals: readonly DocumentRefused[],
): Promise<Folded> {
  const parked = new Set(run.parked);
  parked.delete(key);
  const { projection } = run;
  const refused = new Map(refusals.map((refusal) => [refusalOf(refusal.key, refusal.position), refusal.reason]));
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
 * @param refusals what the store would not take when the same was tried before, in that order
 */
export async function foldLate(
  run: Run,
  waiting: readonly WaitingEvent[],
  events: readonly Readable[],
  decision: Decision,
  refusals: readonly DocumentRefused[],
): Promise<FoldedLate> {
  // The store tells which document it refused, not for which event: each refusal leaves out one more of those that change it, the last first.
  const leftOut = new Map<number, string>();
  let result = await foldWithout(leftOut, run, waiting, events, decision);
  for (const { key, reason } of refusals) {
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
