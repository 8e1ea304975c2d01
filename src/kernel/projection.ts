/** How events become documents. A projection is pure: the same events give the same documents, whenever and wherever it runs. */
import type { NewEvent } from '../../contracts/event.js';
import type { Recorded, RecordedEvent } from './event.js';
import type { Shape } from './field-type.js';
import { readModelSpec, type ReadModelSpec } from './read-model.js';

/** A document as stored: plain data with the columns of its class. */
export type Document = Readonly<Record<string, unknown>>;

/**
 * One document that an event changes: its key, and what becomes of it. Undefined in: there is none yet. Undefined out: remove it.
 * The same document out: nothing changed.
 */
export interface KeyedChange<Doc = Document> {
  readonly key: string;
  readonly where?: never;
  readonly to: (document: Doc | undefined) => Doc | undefined;
}

/** Every document that has this value in a column declared with `filter` when the event comes, and what becomes of it. */
export interface SelectedChange<Doc = Document> {
  readonly key?: never;
  readonly where: { readonly column: keyof Doc & string; readonly value: string | number | boolean | null };
  readonly to: (document: Doc) => Doc | undefined;
}

export type Change<Doc = Document> = KeyedChange<Doc> | SelectedChange<Doc>;

export interface Projection {
  readonly model: ReadModelSpec;
  /** The event types that it names; others never reach it. */
  readonly types: readonly string[];
  /** The documents that an event of a named type changes. */
  readonly changes: (event: RecordedEvent) => readonly Change[];
}

type Handlers<Doc, Event extends NewEvent> = {
  readonly [Type in Event['type']]?: (document: Doc, event: Recorded<Extract<Event, { type: Type }>>) => Doc | undefined;
};

type General<Doc, Event extends NewEvent> = {
  readonly [Type in Event['type']]?: (event: Recorded<Extract<Event, { type: Type }>>) => readonly Change<Doc>[];
};

/** A document as handlers see it: the columns of its class as plain data. The class itself only declares them. */
export type Plain<Doc> = { readonly [K in keyof Doc]: Doc[K] };

/**
 * The common form: each event changes one document.
 * The first event of a document finds `undefined` where its handler expects a document: a handler that begins one doesn't look.
 */
export function projection<Doc extends object, Event extends NewEvent>(
  document: abstract new () => Doc,
  rules: { readonly key: (event: Recorded<Event>) => string; readonly on: Handlers<Plain<Doc>, Event> },
): Projection {
  const handlers = rules.on as Readonly<Record<string, ((document: unknown, event: unknown) => unknown) | undefined>>;
  return declare(document, Object.keys(handlers), (event) => {
    const handler = handlers[event.type];
    const key = rules.key as (event: unknown) => string;
    return handler ? [{ key: key(event), to: (current: Document | undefined) => handler(current, event) as Document | undefined }] : [];
  });
}

/** The general form: an event changes any number of documents, each found by a key that the event tells or by a value that it holds. */
export function projectionOfMany<Doc extends object, Event extends NewEvent>(
  document: abstract new () => Doc,
  on: General<Plain<Doc>, Event>,
): Projection {
  const handlers = on as Readonly<Record<string, ((event: unknown) => readonly Change[]) | undefined>>;
  return declare(document, Object.keys(handlers), (event) => {
    const handler = handlers[event.type];
    return handler ? handler(event) : [];
  });
}

function declare(document: Shape, types: readonly string[], changes: Projection['changes']): Projection {
  return { model: readModelSpec(document), types, changes };
}

/** A document's key made of several values, told apart whatever they contain. */
export function compoundKey(...parts: readonly (string | null | undefined)[]): string {
  return parts.map((part) => (part === null || part === undefined ? '' : encodeURIComponent(part) || '%')).join('|');
}
