/**
 * What a page of events makes of one build's documents, in memory: an event that a handler can't take parks the document, with every later
 * event of the same document behind it, in order. The other documents go on.
 */
import { messageOf } from '../kernel/message-of.js';
import { streamName, type Position, type RecordedEvent } from '../kernel/event.js';
import type { Change, Document, Projection, SelectedChange } from '../kernel/projection.js';
import type { DocumentChange, ParkingChange, StoredDocument, WaitingEvent } from '../views/port.js';
import { changesOf, documentOf } from './answers.js';
import { Indivisible } from './division.js';

/** What was read from the log, in its current shape; a failure where it can't be brought to it. */
export type Readable =
  { readonly event: RecordedEvent; readonly current: RecordedEvent } | { readonly event: RecordedEvent; readonly failure: unknown };

/** Where a fold finds the documents that it begins with. */
export interface Documents {
  /** The documents of these keys; null where there is none. */
  recall(keys: ReadonlySet<string>): Promise<Map<string, StoredDocument | null>>;
  /** The keys of the stored documents that have a value in a column. */
  find(column: string, value: string | number | boolean | null): Promise<readonly string[]>;
}

export interface FoldInput {
  readonly projection: Projection;
  readonly events: readonly Readable[];
  readonly documents: Documents;
  /** The keys whose documents wait. */
  readonly parked: ReadonlySet<string>;
  /** Changes that the store refused when the page was folded before, by `refusalOf`, and why. */
  readonly refused: ReadonlyMap<string, string>;
  /** ISO 8601. */
  readonly now: string;
  /** Nothing but this document. */
  readonly only?: string;
  /** Nothing but these documents: those of one partition. */
  readonly mine?: (key: string) => boolean;
}

export interface Folded {
  readonly changes: readonly DocumentChange[];
  readonly parking: readonly ParkingChange[];
  /** The documents that were looked at, as they are now. */
  readonly documents: ReadonlyMap<string, StoredDocument | null>;
  /** The keys that are parked now besides those before. */
  readonly parked: ReadonlySet<string>;
}

const OF_STREAM = '@stream ';

/**
 * What stands for the documents of an event that could not even be named: its stream, in a form that neither ids nor compound keys have, and
 * that an operator can type.
 */
export function keyOfStream(event: RecordedEvent): string {
  return `${OF_STREAM}${streamName(event.stream)}`;
}

/** Whether a key that waits stands for a stream. */
export function isOfStream(key: string): boolean {
  return key.startsWith(OF_STREAM);
}

/** Tells one change of a document from every other. */
export function refusalOf(key: string, position: Position): string {
  return `${position} ${key}`;
}

export async function fold({ projection, events, documents: source, parked, refused, now, only, mine }: FoldInput): Promise<Folded> {
  const plan = events.map((readable) => planned(projection, readable));
  const documents = await source.recall(only === undefined ? keysOf(plan, mine) : new Set([only]));
  /** After a crash a store may hold what this page has made of a document already: up to which position, of those that it does. */
  const loaded = new Map<string, Position>();
  const first = events[0]?.event.position ?? 0;
  const noteLoaded = (key: string, stored: StoredDocument | null): void => {
    if (stored && stored.position >= first) loaded.set(key, stored.position);
  };
  for (const [key, stored] of documents) noteLoaded(key, stored);
  // Where the store refused something, it is given every change, so that it tells which was the first.
  const everyChange = projection.model.history || refused.size > 0;
  const changes: DocumentChange[] = [];
  const latest = new Map<string, DocumentChange>();
  const parking: ParkingChange[] = [];
  const waiting = new Set<string>();
  const anyWaits = (): boolean => parked.size > 0 || waiting.size > 0;
  const isParked = (key: string): boolean => anyWaits() && (parked.has(key) || waiting.has(key));
  /** Of the event at hand: the documents that wait for it, and what those that it has changed already were before. */
  const told = new Set<string>();
  const before = new Map<string, { readonly stored: StoredDocument | null; readonly latest: DocumentChange | undefined }>();
  /** Whether the event at hand has more changes than one, so that a later one may take back an earlier one. */
  let several = false;

  const wait = (event: RecordedEvent, key: string, error: string | null): void => {
    if (told.has(key)) return;
    told.add(key);
    parking.push(waitingEvent(event, key, now, error));
  };
  /** All that the event does to the document waits, also what a change before this one did. */
  const park = (event: RecordedEvent, key: string, failure: unknown): void => {
    wait(event, key, reasonOf(failure));
    waiting.add(key);
    const was = before.get(key);
    if (!was) return;
    documents.set(key, was.stored);
    if (was.latest) latest.set(key, was.latest);
    else latest.delete(key);
    for (let at = changes.length - 1; changes[at]?.position === event.position; at--) if (changes[at]?.key === key) changes.splice(at, 1);
  };
  const apply = (event: RecordedEvent, key: string, to: (document: Document | undefined) => Document | undefined): void => {
    const { position } = event;
    if (isParked(key)) {
      wait(event, key, null);
      return;
    }
    if (loaded.size > 0 && (loaded.get(key) ?? 0) >= position) return;
    const stored = documents.get(key) ?? null;
    const current = stored?.document ?? undefined;
    let after: Document | undefined;
    try {
      after = documentOf(to(current));
      const reason = refused.size === 0 ? undefined : refused.get(refusalOf(key, position));
      if (reason !== undefined) throw new RangeError(reason);
    } catch (failure) {
      park(event, key, failure);
      return;
    }
    if (after === current) return;
    if (several && !before.has(key)) before.set(key, { stored, latest: latest.get(key) });
    const document = after ?? null;
    documents.set(key, { document, position });
    const change = { key, position, document };
    if (everyChange) changes.push(change);
    else latest.set(key, change);
  };
  const select = async (event: RecordedEvent, { where: { column, value }, to }: SelectedChange): Promise<void> => {
    if (only !== undefined) {
      const holds = documents.get(only)?.document?.[column] === value;
      if (holds || isParked(only)) apply(event, only, (document) => document && to(document));
      return;
    }
    const found = await source.find(column, value);
    const missing = new Set(found.filter((key) => !documents.has(key) && (mine?.(key) ?? true)));
    for (const [key, stored] of await source.recall(missing)) {
      documents.set(key, stored);
      noteLoaded(key, stored);
    }
    for (const [key, stored] of [...documents]) {
      if (!isParked(key) && stored?.document?.[column] === value) apply(event, key, (document) => document && to(document));
    }
    // Whether one that waits has the value is known once what is before it has been taken.
    for (const key of new Set([...parked, ...waiting])) if (!isOfStream(key)) wait(event, key, null);
  };

  for (const step of plan) {
    const { event } = step;
    if (told.size > 0) told.clear();
    if (before.size > 0) before.clear();
    // To name the stream of every event takes time, and hardly ever does one wait.
    if (only === undefined && anyWaits() && isParked(keyOfStream(event))) wait(event, keyOfStream(event), null);
    else if (step.changes === undefined) {
      if (mine) throw new Indivisible(reasonOf(step.failure));
      park(event, only ?? keyOfStream(event), step.failure);
    } else {
      several = step.changes.length > 1;
      for (const change of step.changes) {
        if (change.where !== undefined) await select(event, change);
        else if (only === undefined ? (mine?.(change.key) ?? true) : change.key === only) apply(event, change.key, change.to);
      }
    }
  }
  return { changes: everyChange ? changes : [...latest.values()], parking, documents, parked: waiting };
}

type Step =
  | { readonly event: RecordedEvent; readonly changes: readonly Change[] }
  | { readonly event: RecordedEvent; readonly changes?: never; readonly failure: unknown };

function planned(projection: Projection, readable: Readable): Step {
  if ('failure' in readable) return readable;
  try {
    return { event: readable.event, changes: changesOf(projection, readable.current) };
  } catch (failure) {
    return { event: readable.event, failure };
  }
}

function keysOf(plan: readonly Step[], mine: FoldInput['mine']): Set<string> {
  const keys = new Set<string>();
  for (const step of plan) {
    for (const { key } of step.changes ?? []) if (key !== undefined && (mine?.(key) ?? true)) keys.add(key);
  }
  return keys;
}

/** @param error null: it waits behind another */
export function waitingEvent(
  event: RecordedEvent,
  key: string,
  now: string,
  error: string | null,
  attempts = error === null ? 0 : 1,
): WaitingEvent {
  const { id, type, stream, revision, position } = event;
  return { key, position, id, type, stream, revision, error, attempts, parkedAt: now };
}

/** A failure's own words, bounded: it may quote a document at length. */
export function reasonOf(failure: unknown): string {
  return messageOf(failure).slice(0, 500);
}
