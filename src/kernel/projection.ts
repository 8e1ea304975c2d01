/** Projections: how events become documents. They are pure: the same events always give the same documents. */
import type { AnyEventDefinition, EventOf, NewEvent } from '../../contracts/event.js';
import type { Recorded, RecordedEvent, Stream } from './event.js';
import type { ReadModel, ReadModelSpec } from './read-model.js';

/** A document as stored: plain data with the columns of its read model. */
export type Document = Readonly<Record<string, unknown>>;

/**
 * A change of one document, by key. `to` gets undefined when there is no document, returns undefined to remove it, and returns
 * the same object when nothing changes.
 */
export interface KeyedChange<Doc = Document> {
  readonly key: string;
  readonly where?: never;
  readonly to: (document: Doc | undefined) => Doc | undefined;
}

/** A change of all documents that have a value in a column declared with `filter` at the time of the event. */
export interface SelectedChange<Doc = Document> {
  readonly key?: never;
  readonly where: { readonly column: keyof Doc & string; readonly value: string | number | boolean | null };
  readonly to: (document: Doc) => Doc | undefined;
}

export type Change<Doc = Document> = KeyedChange<Doc> | SelectedChange<Doc>;

export interface Projection {
  readonly model: ReadModelSpec;
  /** The event types that it handles; it gets no others. */
  readonly types: readonly string[];
  /** The changes that an event makes. Events are without their sealed fields unless a column of the read model is sealed. */
  changes(event: RecordedEvent): readonly Change[];
  /** The one stream whose events change a document. Absent where there may be several. */
  streamOf?(key: string): Stream;
}

type Handlers<Doc, Event extends NewEvent> = {
  readonly [Type in Event['type']]?: (document: Doc, event: Recorded<Extract<Event, { type: Type }>>) => Doc | undefined;
};

type ManyHandlers<Doc, Event extends NewEvent> = {
  readonly [Type in Event['type']]?: (event: Recorded<Extract<Event, { type: Type }>>) => readonly Change<Doc>[];
};

/**
 * The common form: each event changes one document.
 * The handler of a document's first event gets `undefined` instead of a document, which its type doesn't show.
 * @param events the events that it may handle
 */
export function projection<Doc, const Events extends readonly AnyEventDefinition[]>(
  model: ReadModel<Doc>,
  events: Events,
  rules: { readonly key: (event: Recorded<EventOf<Events>>) => string; readonly on: Handlers<Doc, EventOf<Events>> },
): Projection {
  const handlers = rules.on as Readonly<Record<string, ((document: unknown, event: unknown) => unknown) | undefined>>;
  const key = rules.key as (event: RecordedEvent) => string;
  return declare(model, events, Object.keys(handlers), (event) => {
    const handler = handlers[event.type];
    return handler ? [{ key: key(event), to: (current) => handler(current, event) as Document | undefined }] : [];
  });
}

/** The general form: an event changes any number of documents, found by key or by a column's value. */
export function projectionOfMany<Doc, const Events extends readonly AnyEventDefinition[]>(
  model: ReadModel<Doc>,
  events: Events,
  on: ManyHandlers<Doc, EventOf<Events>>,
): Projection {
  const handlers = on as Readonly<Record<string, ((event: unknown) => readonly Change[]) | undefined>>;
  return declare(model, events, Object.keys(handlers), (event) => handlers[event.type]?.(event) ?? []);
}

/** @throws TypeError when it handles an event type that is not among the events */
function declare(
  model: ReadModelSpec,
  events: readonly AnyEventDefinition[],
  types: readonly string[],
  changes: Projection['changes'],
): Projection {
  const unknown = types.find((type) => !events.some((event) => event.type === type));
  if (unknown !== undefined) throw new TypeError(`${model.name} handles ${unknown}, which is not among its events.`);
  return { model, types, changes };
}

/** A document's key of several values. Different values give different keys, whatever they contain. */
export function compoundKey(...parts: readonly (string | null | undefined)[]): string {
  return parts.map((part) => (part === null || part === undefined ? '' : encodeURIComponent(part) || '%')).join('|');
}
