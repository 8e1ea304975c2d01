/**
 * Applies a page of events to one build's documents, in memory. When a handler fails on an event, the document becomes a dead letter: its later
 * events are held back, in order. Other documents are not affected.
 */
import type { Position, RecordedEvent } from '../kernel/event.js';
import type { Document, Projection, SelectedChange } from '../kernel/projection.js';
import type { DocumentChange } from '../views/port/commits.js';
import type { DeadLetterChange } from '../views/port/dead-letters.js';
import type { StoredDocument } from '../views/port/documents.js';
import { isStreamKey, reasonOf, streamKey, unappliedEvent } from './dead-letter.js';
import { documentOf } from './handler-results.js';
import { NotPartitionable } from './partitions.js';
import { keysOf, planOf, type Step } from './plan.js';
import type { UpcastEvent } from './upcast-event.js';

/** Where a fold loads documents from. */
export interface Documents {
  /** The documents of these keys; null where there is none. */
  load(keys: ReadonlySet<string>): Promise<Map<string, StoredDocument | null>>;
  /** The keys of the stored documents that have a value in a column. */
  find(column: string, value: string | number | boolean | null): Promise<readonly string[]>;
}

export interface FoldInput {
  readonly projection: Projection;
  readonly events: readonly UpcastEvent[];
  readonly documents: Documents;
  /** The keys of dead letters before this page. */
  readonly deadLetters: ReadonlySet<string>;
  /** Changes that the store refused when the page was folded before, by `refusalOf`, with the reason. */
  readonly refused: ReadonlyMap<string, string>;
  /** ISO 8601. */
  readonly now: string;
  /** Folds this document only. */
  readonly only?: string;
  /** Folds these documents only: those of one partition. */
  readonly ownsKey?: (key: string) => boolean;
}

export interface Folded {
  readonly changes: readonly DocumentChange[];
  readonly deadLetterChanges: readonly DeadLetterChange[];
  /** The documents that were loaded, in their new state. */
  readonly documents: ReadonlyMap<string, StoredDocument | null>;
  /** The keys that became dead letters. */
  readonly deadLetters: ReadonlySet<string>;
}

/** Identifies one change of one document. */
export function refusalOf(key: string, position: Position): string {
  return `${position} ${key}`;
}

export async function fold(input: FoldInput): Promise<Folded> {
  const { projection, events, documents, only } = input;
  const plan = planOf(projection, events);
  const keys = only === undefined ? [...keysOf(plan)].filter((key) => isIncluded(key, input)) : [only];
  const folding = new Folding(input, await documents.load(new Set(keys)));
  await folding.applyAll(plan);
  return folding.result();
}

function isIncluded(key: string, { only, ownsKey }: FoldInput): boolean {
  return only === undefined ? (ownsKey?.(key) ?? true) : key === only;
}

/** Makes the new document of the old one; undefined where there is none. */
type To = (document: Document | undefined) => Document | undefined;

class Folding {
  readonly #input: FoldInput;
  readonly #documents: Map<string, StoredDocument | null>;
  /** Documents that the store has from a later position, since an interrupted commit wrote them: key → position. */
  readonly #ahead = new Map<string, Position>();
  /** Whether all changes of a document are returned, and not only the last. */
  readonly #everyChange: boolean;
  readonly #changes: DocumentChange[] = [];
  readonly #latest = new Map<string, DocumentChange>();
  readonly #deadLetterChanges: DeadLetterChange[] = [];
  /** The keys that became dead letters on this page. */
  readonly #deadLetters = new Set<string>();
  /** The keys for which the current event is recorded as unapplied. */
  readonly #unapplied = new Set<string>();
  /** Documents that the current event has changed, in their state before it. */
  readonly #before = new Map<string, { readonly stored: StoredDocument | null; readonly latest: DocumentChange | undefined }>();
  /** Whether the current event has several changes, so that an earlier one may have to be undone. */
  #severalChanges = false;

  constructor(input: FoldInput, documents: Map<string, StoredDocument | null>) {
    this.#input = input;
    this.#documents = documents;
    // After a refusal the store needs every change, so that it can tell which one it refuses first.
    this.#everyChange = input.projection.model.history || input.refused.size > 0;
    for (const [key, stored] of documents) this.#noteIfAhead(key, stored);
  }

  async applyAll(plan: readonly Step[]): Promise<void> {
    for (const step of plan) {
      if (this.#unapplied.size > 0) this.#unapplied.clear();
      if (this.#before.size > 0) this.#before.clear();
      await this.#applyStep(step);
    }
  }

  result(): Folded {
    return {
      changes: this.#everyChange ? this.#changes : [...this.#latest.values()],
      deadLetterChanges: this.#deadLetterChanges,
      documents: this.#documents,
      deadLetters: this.#deadLetters,
    };
  }

  async #applyStep(step: Step): Promise<void> {
    const { only, ownsKey } = this.#input;
    const { event } = step;
    // `streamKey` is computed only when there are dead letters: for every event it would be slow.
    if (only === undefined && this.#hasDeadLetters() && this.#isDeadLetter(streamKey(event))) {
      this.#holdBack(event, streamKey(event), null);
    } else if (step.changes === undefined) {
      if (ownsKey) throw new NotPartitionable(reasonOf(step.failure));
      this.#fail(event, only ?? streamKey(event), step.failure);
    } else {
      this.#severalChanges = step.changes.length > 1;
      for (const change of step.changes) {
        if (change.where !== undefined) await this.#applyToSelected(event, change);
        else if (isIncluded(change.key, this.#input)) this.#apply(event, change.key, change.to);
      }
    }
  }

  /** Changes one document, unless it is a dead letter or already has the change. */
  #apply(event: RecordedEvent, key: string, to: To): void {
    const { position } = event;
    if (this.#isDeadLetter(key)) {
      this.#holdBack(event, key, null);
      return;
    }
    if (this.#ahead.size > 0 && (this.#ahead.get(key) ?? 0) >= position) return;
    const stored = this.#documents.get(key) ?? null;
    const current = stored?.document ?? undefined;
    let after: Document | undefined;
    try {
      after = this.#changed(current, key, position, to);
    } catch (failure) {
      this.#fail(event, key, failure);
      return;
    }
    if (after === current) return;
    if (this.#severalChanges && !this.#before.has(key)) this.#before.set(key, { stored, latest: this.#latest.get(key) });
    const change = { key, position, document: after ?? null };
    this.#documents.set(key, { document: change.document, position });
    if (this.#everyChange) this.#changes.push(change);
    else this.#latest.set(key, change);
  }

  /** @throws what the handler throws, RangeError when the store refused the result before */
  #changed(current: Document | undefined, key: string, position: Position, to: To): Document | undefined {
    const { refused } = this.#input;
    const after = documentOf(to(current));
    const reason = refused.size === 0 ? undefined : refused.get(refusalOf(key, position));
    if (reason !== undefined) throw new RangeError(reason);
    return after;
  }

  /** Changes all documents that have a value in a column. */
  async #applyToSelected(event: RecordedEvent, { where: { column, value }, to }: SelectedChange): Promise<void> {
    const { only, deadLetters } = this.#input;
    const toPresent: To = (document) => document && to(document);
    if (only !== undefined) {
      const matches = this.#documents.get(only)?.document?.[column] === value;
      if (matches || this.#isDeadLetter(only)) this.#apply(event, only, toPresent);
      return;
    }
    await this.#loadSelected(column, value);
    for (const [key, stored] of [...this.#documents]) {
      if (!this.#isDeadLetter(key) && stored?.document?.[column] === value) this.#apply(event, key, toPresent);
    }
    // Whether a dead letter has the value is known only when its earlier events have been applied.
    for (const key of new Set([...deadLetters, ...this.#deadLetters])) if (!isStreamKey(key)) this.#holdBack(event, key, null);
  }

  /** Loads the stored documents that have a value in a column. */
  async #loadSelected(column: string, value: SelectedChange['where']['value']): Promise<void> {
    const { documents: source } = this.#input;
    const found = await source.find(column, value);
    const missing = new Set(found.filter((key) => !this.#documents.has(key) && isIncluded(key, this.#input)));
    for (const [key, stored] of await source.load(missing)) {
      this.#documents.set(key, stored);
      this.#noteIfAhead(key, stored);
    }
  }

  #noteIfAhead(key: string, stored: StoredDocument | null): void {
    const first = this.#input.events[0]?.event.position ?? 0;
    if (stored && stored.position >= first) this.#ahead.set(key, stored.position);
  }

  #hasDeadLetters(): boolean {
    return this.#input.deadLetters.size > 0 || this.#deadLetters.size > 0;
  }

  #isDeadLetter(key: string): boolean {
    return this.#hasDeadLetters() && (this.#input.deadLetters.has(key) || this.#deadLetters.has(key));
  }

  /** Records the event as unapplied for this key. @param error null when it only follows one that failed */
  #holdBack(event: RecordedEvent, key: string, error: string | null): void {
    if (this.#unapplied.has(key)) return;
    this.#unapplied.add(key);
    this.#deadLetterChanges.push(unappliedEvent(event, key, this.#input.now, error));
  }

  /** Makes the document a dead letter, and undoes earlier changes of the same event to it. */
  #fail(event: RecordedEvent, key: string, failure: unknown): void {
    this.#holdBack(event, key, reasonOf(failure));
    this.#deadLetters.add(key);
    const before = this.#before.get(key);
    if (!before) return;
    this.#documents.set(key, before.stored);
    if (before.latest) this.#latest.set(key, before.latest);
    else this.#latest.delete(key);
    const changes = this.#changes;
    for (let at = changes.length - 1; changes[at]?.position === event.position; at--) if (changes[at]?.key === key) changes.splice(at, 1);
  }
}
