/**
 * What a page of events makes of one build's documents, in memory: an event that a handler can't take parks the document, with every later
 * event of the same document behind it, in order. The other documents go on.
 */
import type { Position, RecordedEvent } from '../kernel/event.js';
import type { Document, Projection, SelectedChange } from '../kernel/projection.js';
import type { DocumentChange, ParkingChange, StoredDocument } from '../views/port.js';
import { documentOf } from './answers.js';
import { Indivisible } from './division.js';
import { keysOf, planOf, type Step } from './plan.js';
import type { Readable } from './readable.js';
import { isOfStream, keyOfStream, reasonOf, waitingEvent } from './waiting.js';

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

/** Tells one change of a document from every other. */
export function refusalOf(key: string, position: Position): string {
  return `${position} ${key}`;
}

export async function fold(input: FoldInput): Promise<Folded> {
  const { projection, events, documents, only } = input;
  const plan = planOf(projection, events);
  const keys = only === undefined ? [...keysOf(plan)].filter((key) => isWanted(key, input)) : [only];
  const folding = new Folding(input, await documents.recall(new Set(keys)));
  await folding.take(plan);
  return folding.result();
}

/** Whether a document is one of those that are folded. */
function isWanted(key: string, { only, mine }: FoldInput): boolean {
  return only === undefined ? (mine?.(key) ?? true) : key === only;
}

/** How a document is made of itself; undefined where there is none. */
type To = (document: Document | undefined) => Document | undefined;

class Folding {
  readonly #input: FoldInput;
  readonly #documents: Map<string, StoredDocument | null>;
  /** After a crash a store may hold what this page has made of a document already: up to which position, of those that it does. */
  readonly #loaded = new Map<string, Position>();
  /** Whether each change of a document is told, and not the latest alone. */
  readonly #everyChange: boolean;
  readonly #changes: DocumentChange[] = [];
  readonly #latest = new Map<string, DocumentChange>();
  readonly #parking: ParkingChange[] = [];
  /** The keys that are parked by this page. */
  readonly #waiting = new Set<string>();
  /** Of the event at hand: the documents that wait for it. */
  readonly #told = new Set<string>();
  /** What the documents that the event at hand has changed already were before. */
  readonly #before = new Map<string, { readonly stored: StoredDocument | null; readonly latest: DocumentChange | undefined }>();
  /** Whether the event at hand has more changes than one, so that a later one may take back an earlier one. */
  #several = false;

  constructor(input: FoldInput, documents: Map<string, StoredDocument | null>) {
    this.#input = input;
    this.#documents = documents;
    // Where the store refused something, it is given every change, so that it tells which was the first.
    this.#everyChange = input.projection.model.history || input.refused.size > 0;
    for (const [key, stored] of documents) this.#noteLoaded(key, stored);
  }

  async take(plan: readonly Step[]): Promise<void> {
    const { only, mine } = this.#input;
    for (const step of plan) {
      const { event } = step;
      if (this.#told.size > 0) this.#told.clear();
      if (this.#before.size > 0) this.#before.clear();
      // To name the stream of every event takes time, and hardly ever does one wait.
      if (only === undefined && this.#anyWaits() && this.#isParked(keyOfStream(event))) this.#wait(event, keyOfStream(event), null);
      else if (step.changes === undefined) {
        if (mine) throw new Indivisible(reasonOf(step.failure));
        this.#park(event, only ?? keyOfStream(event), step.failure);
      } else {
        this.#several = step.changes.length > 1;
        for (const change of step.changes) {
          if (change.where !== undefined) await this.#select(event, change);
          else if (isWanted(change.key, this.#input)) this.#apply(event, change.key, change.to);
        }
      }
    }
  }

  result(): Folded {
    const changes = this.#everyChange ? this.#changes : [...this.#latest.values()];
    return { changes, parking: this.#parking, documents: this.#documents, parked: this.#waiting };
  }

  /** Changes one document, unless it waits, or has the change already. */
  #apply(event: RecordedEvent, key: string, to: To): void {
    const { position } = event;
    if (this.#isParked(key)) {
      this.#wait(event, key, null);
      return;
    }
    if (this.#loaded.size > 0 && (this.#loaded.get(key) ?? 0) >= position) return;
    const stored = this.#documents.get(key) ?? null;
    const current = stored?.document ?? undefined;
    let after: Document | undefined;
    try {
      after = this.#changed(current, key, position, to);
    } catch (failure) {
      this.#park(event, key, failure);
      return;
    }
    if (after === current) return;
    if (this.#several && !this.#before.has(key)) this.#before.set(key, { stored, latest: this.#latest.get(key) });
    const change = { key, position, document: after ?? null };
    this.#documents.set(key, { document: change.document, position });
    if (this.#everyChange) this.#changes.push(change);
    else this.#latest.set(key, change);
  }

  /** @throws what the handler throws, and when the store refused what it made before */
  #changed(current: Document | undefined, key: string, position: Position, to: To): Document | undefined {
    const { refused } = this.#input;
    const after = documentOf(to(current));
    const reason = refused.size === 0 ? undefined : refused.get(refusalOf(key, position));
    if (reason !== undefined) throw new RangeError(reason);
    return after;
  }

  /** Changes all documents that have a value in a column. */
  async #select(event: RecordedEvent, { where: { column, value }, to }: SelectedChange): Promise<void> {
    const { only, parked } = this.#input;
    const toPresent: To = (document) => document && to(document);
    if (only !== undefined) {
      const holds = this.#documents.get(only)?.document?.[column] === value;
      if (holds || this.#isParked(only)) this.#apply(event, only, toPresent);
      return;
    }
    await this.#loadWith(column, value);
    for (const [key, stored] of [...this.#documents]) {
      if (!this.#isParked(key) && stored?.document?.[column] === value) this.#apply(event, key, toPresent);
    }
    // Whether one that waits has the value is known once what is before it has been taken.
    for (const key of new Set([...parked, ...this.#waiting])) if (!isOfStream(key)) this.#wait(event, key, null);
  }

  /** Loads the documents that the store has with a value in a column. */
  async #loadWith(column: string, value: SelectedChange['where']['value']): Promise<void> {
    const { documents: source } = this.#input;
    const found = await source.find(column, value);
    const missing = new Set(found.filter((key) => !this.#documents.has(key) && isWanted(key, this.#input)));
    for (const [key, stored] of await source.recall(missing)) {
      this.#documents.set(key, stored);
      this.#noteLoaded(key, stored);
    }
  }

  #noteLoaded(key: string, stored: StoredDocument | null): void {
    const first = this.#input.events[0]?.event.position ?? 0;
    if (stored && stored.position >= first) this.#loaded.set(key, stored.position);
  }

  #anyWaits(): boolean {
    return this.#input.parked.size > 0 || this.#waiting.size > 0;
  }

  #isParked(key: string): boolean {
    return this.#anyWaits() && (this.#input.parked.has(key) || this.#waiting.has(key));
  }

  /** @param error null: it waits behind another */
  #wait(event: RecordedEvent, key: string, error: string | null): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#parking.push(waitingEvent(event, key, this.#input.now, error));
  }

  /** All that the event does to the document waits, also what a change before this one did. */
  #park(event: RecordedEvent, key: string, failure: unknown): void {
    this.#wait(event, key, reasonOf(failure));
    this.#waiting.add(key);
    const was = this.#before.get(key);
    if (!was) return;
    this.#documents.set(key, was.stored);
    if (was.latest) this.#latest.set(key, was.latest);
    else this.#latest.delete(key);
    const changes = this.#changes;
    for (let at = changes.length - 1; changes[at]?.position === event.position; at--) if (changes[at]?.key === key) changes.splice(at, 1);
  }
}
