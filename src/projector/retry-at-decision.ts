/**
 * Retries events of streams: the handler had failed before it named the documents, which have changed since without these events. So they are
 * applied at the position of the decision. If an event fails again, none of its documents changes, and its stream remains a dead letter.
 */
import type { Position } from '../kernel/event.js';
import type { Change, Document } from '../kernel/projection.js';
import type { DocumentChange } from '../views/port/commits.js';
import type { UnappliedEvent } from '../views/port/dead-letters.js';
import type { StoredDocument } from '../views/port/documents.js';
import type { DocumentRefused } from '../views/port/errors.js';
import { isStreamKey, reasonOf, unappliedEvent } from './dead-letter.js';
import type { Decision } from './decisions.js';
import type { Folded } from './fold.js';
import { changesOf, documentOf } from './handler-results.js';
import { failedAgain } from './retry-in-place.js';
import type { Run } from './run.js';
import type { UpcastEvent } from './upcast-event.js';

/** The events that remain unapplied are in `deadLetterChanges`. */
interface RetriedAtDecision extends Folded {
  readonly deadLetterChanges: readonly UnappliedEvent[];
}

/** @param refusals what the store refused in earlier attempts of the same retry, in order */
export async function retryAtDecision(
  run: Run,
  unapplied: readonly UnappliedEvent[],
  events: readonly UpcastEvent[],
  decision: Decision,
  refusals: readonly DocumentRefused[],
): Promise<RetriedAtDecision> {
  // The store names the refused document, not the event. So each refusal excludes the last event that changes the document.
  const excluded = new Map<number, string>();
  let result = await applyExcept(excluded, run, unapplied, events, decision);
  for (const { key, reason } of refusals) {
    const last = result.lastOf.get(key);
    if (last === undefined) throw new RangeError('The store refused a document that none of these events changes.');
    excluded.set(last, reason);
    result = await applyExcept(excluded, run, unapplied, events, decision);
  }
  return result.folded;
}

/**
 * @param excluded the indexes of events that fail, with the reason
 * @returns also the index of the last event that changes each document
 */
async function applyExcept(
  excluded: ReadonlyMap<number, string>,
  run: Run,
  unapplied: readonly UnappliedEvent[],
  events: readonly UpcastEvent[],
  { position, metadata }: Decision,
): Promise<{ readonly folded: RetriedAtDecision; readonly lastOf: ReadonlyMap<string, number> }> {
  const state: State = { position, documents: new Map(), loaded: new Map() };
  const changes: DocumentChange[] = [];
  const remaining: UnappliedEvent[] = [];
  const blocked = new Set<string>();
  const lastOf = new Map<string, number>();
  for (const [index, known] of unapplied.entries()) {
    const event = events[index];
    let left: UnappliedEvent = { ...known, error: null };
    if (event && !blocked.has(known.key)) {
      try {
        const reason = excluded.get(index);
        if (reason !== undefined) throw new RangeError(reason);
        const made = await changesAt(run, event, known.error === null, state);
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
        left = failedAgain(unappliedEvent(event.event, known.key, metadata.recordedAt, reasonOf(failure)), unapplied);
      }
    }
    blocked.add(known.key);
    remaining.push(left);
  }
  return { folded: { changes, deadLetterChanges: remaining, documents: state.documents, deadLetters: new Set() }, lastOf };
}

/** Documents while events are applied at the decision's position. */
interface State {
  readonly position: Position;
  /** Documents in their current state. */
  readonly documents: Map<string, StoredDocument | null>;
  /** The positions that the store had the documents at. */
  readonly loaded: Map<string, Position>;
}

/**
 * The changes of one event at the decision's position. If the store already has a document at that position, a commit of this retry was
 * interrupted.
 * @param wasApplied whether that commit applied the event
 * @returns undefined when there was such a commit, and it did not apply the event
 * @throws what the handler throws, and RangeError when one of the documents is a dead letter
 */
async function changesAt(run: Run, event: UpcastEvent, wasApplied: boolean, state: State): Promise<readonly DocumentChange[] | undefined> {
  if ('failure' in event) throw event.failure;
  const { position, documents, loaded } = state;
  const results = new Map<string, Document | null>();
  const current = (key: string): Document | null => {
    const result = results.get(key);
    return result === undefined ? (documents.get(key)?.document ?? null) : result;
  };
  for (const change of changesOf(run.projection, event.current)) {
    for (const key of await keysFor(change, run, current, state)) {
      if ((loaded.get(key) ?? 0) >= position) {
        if (!wasApplied) return undefined;
        continue;
      }
      const before = current(key) ?? undefined;
      const after = documentOf(change.to(before as Document));
      if (after !== before) results.set(key, after ?? null);
    }
  }
  return [...results].map(([key, document]) => ({ key, position, document }));
}

/** The keys of the documents that a change selects; loads them. @throws RangeError when one of them is, or may be, a dead letter */
async function keysFor(
  { key, where }: Change,
  run: Run,
  current: (key: string) => Document | null,
  { documents, loaded }: State,
): Promise<readonly string[]> {
  const [deadLetter] =
    key === undefined ? [...run.deadLetters].filter((each) => !isStreamKey(each)) : run.deadLetters.has(key) ? [key] : [];
  if (deadLetter !== undefined) throw new RangeError(`the document ${deadLetter} is a dead letter too: decide about that one first`);
  const found = key === undefined ? await run.find(where.column, where.value) : [key];
  for (const [each, stored] of await run.load(new Set(found.filter((known) => !documents.has(known))))) {
    documents.set(each, stored);
    if (stored) loaded.set(each, stored.position);
  }
  return key === undefined ? [...documents.keys()].filter((each) => current(each)?.[where.column] === where.value) : [key];
}
