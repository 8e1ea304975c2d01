/** The list of a record type: a read model with the state of each record. */
import type { NewEvent } from '../../contracts/event.js';
import { Id, Instant, Int, type Fields, type None, type Of } from '../../contracts/fields/index.js';
import type { RecordTypeName } from '../../contracts/record-types.js';
import type { RecordedEvent } from './event.js';
import type { Document, Projection } from './projection.js';
import { readModel, type Abilities, type ComputedSpec, type ReadModel } from './read-model.js';
import type { RecordType } from './record-type.js';

/** The columns that every list has. */
const stamps = {
  id: Id.describe('The id of the record.'),
  createdAt: Instant.describe('When it was created, in the world.'),
  updatedAt: Instant.describe('When it last changed, in the world.'),
  revision: Int(0).describe(
    'The revision of the record. Send it as expectedRevision to refuse the command if others have changed the record since.',
  ),
};

/** The part of a document, not a column, that says why sealed columns are null: see `Withheld`. */
export const WITHHELD = 'withheld';

type Stamps = typeof stamps;

/** Columns of the state. A column that the state lacks, or has with another type, is `never` and does not compile. */
type InState<State, C extends Fields> = {
  readonly [K in keyof C]: K extends keyof State ? (State[K] extends Of<Pick<C, K>>[K & keyof Of<Pick<C, K>>] ? unknown : never) : never;
};

/** Columns with names of their own: a list stores them in one document with the state, which the record's next event must find as it was. */
type NotInState<State, C extends Fields> = {
  readonly [K in keyof C]: K extends keyof (State & Stamps) | typeof WITHHELD ? never : unknown;
};

interface ListOptions<State, C extends Fields, D extends Fields> extends Abilities<keyof NoInfer<C & D & Stamps> & string> {
  readonly version: number;
  /** A description of one record, for the published contract. */
  readonly description: string;
  /** The query for one record by id. Defaults to the name of the record type. */
  readonly one?: string;
  /** The published parts of the state. */
  readonly columns: C & InState<State, C>;
  /** Columns computed from the state. One that has the name of a part of the state, or of a column of every list, does not compile. */
  readonly derived?: D & NotInState<State, D>;
  /** Their values. */
  readonly derive?: (state: State) => Of<D>;
  readonly computed?: Readonly<Record<string, ComputedSpec<NoInfer<Of<C & D & Stamps>>>>>;
}

/** A list whose documents have a known type. */
interface Listed<Doc> extends Projection {
  readonly model: ReadModel<Doc>;
}

/**
 * Declares the list of a record type: the read model `name`, with a document for each record, updated by the record type's events.
 * Parts of the state that are not columns are stored in the document, but not published.
 */
export function list<
  Type extends RecordTypeName,
  State extends object,
  Event extends NewEvent,
  const C extends Fields,
  const D extends Fields = None,
>(
  name: string,
  record: RecordType<Type, State, Event> & (keyof State & (keyof Stamps | typeof WITHHELD) extends never ? unknown : never),
  { columns, derived, derive, filter = [], sort = [], one = record.type, ...options }: ListOptions<State, C, D>,
): Listed<Of<C & D & Stamps>> {
  const all: Fields = { ...stamps, ...columns, ...derived };
  const model = readModel<Fields>(name, {
    ...options,
    one,
    record: record.type,
    columns: all,
    filter: [...new Set(['createdAt', ...filter])],
    sort: [...new Set(['createdAt', ...sort])],
  });
  const erasing = new Set(record.events.flatMap(({ type, withholds }) => (withholds === 'erased' ? [type] : [])));
  const after = (current: Document | undefined, event: RecordedEvent): Document | undefined => {
    const withheld: unknown = event.withheld ?? (erasing.has(event.type) ? 'erased' : current?.[WITHHELD]);
    const state = record.evolve(current as State | undefined, event);
    if (state === undefined) {
      throw new RangeError(`${event.stream.type} ${event.stream.id}: there is no document, but ${event.type} does not begin one.`);
    }
    return {
      ...state,
      ...derive?.(state),
      id: event.stream.id,
      createdAt: current?.['createdAt'] ?? event.metadata.occurredAt,
      updatedAt: event.metadata.occurredAt,
      revision: event.revision,
      ...(withheld === undefined ? {} : { [WITHHELD]: withheld }),
    };
  };
  return {
    // The columns were combined without their types.
    model: model as ReadModel<Of<C & D & Stamps>>,
    types: record.events.map(({ type }) => type),
    changes: (event) => [{ key: event.stream.id, to: (current) => after(current, event) }],
    streamOf: (key) => ({ type: record.type, id: key }),
  };
}
