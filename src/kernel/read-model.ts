/** Read models: the columns of their documents, and which of them filter, sort, search, group and sum. */
import { createHash } from 'node:crypto';
import type { Field, Fields, Of } from '../../contracts/fields/index.js';
import type { Kind } from '../../contracts/fields/kind.js';
import type { RecordTypeName } from '../../contracts/record-types.js';

/** What queries can do with columns, as lists of column names. */
export interface Abilities<Name extends string> {
  /** Usable in `where`; indexed. */
  readonly filter?: readonly Name[];
  /** Usable in `orderBy`; indexed. Text is ordered without case and accents; null comes first. */
  readonly sort?: readonly Name[];
  /** Usable in `search`, by word. */
  readonly search?: readonly Name[];
  /** Summaries can group by it. */
  readonly dimension?: readonly Name[];
  /** Summaries aggregate it: numbers and money are summed, distributions merged. */
  readonly measure?: readonly Name[];
  /** Sets of columns. Documents with equal values in all columns of a set are probably duplicates. */
  readonly duplicates?: readonly (readonly Name[])[];
}

export interface ColumnSpec {
  readonly name: string;
  readonly kind: Kind;
  /** May be null. */
  readonly optional: boolean;
  /** The log stores its values encrypted, so they may be withheld. */
  readonly sealed: boolean;
  readonly description?: string;
  readonly filter: boolean;
  readonly sort: boolean;
  readonly search: boolean;
  readonly dimension: boolean;
  readonly measure: boolean;
}

/** A value that the API computes from a document or a summary, such as a rate. */
export interface ComputedSpec<Doc = never> {
  readonly field: Field;
  /** The value; null when there is none. */
  of(this: void, document: Doc): unknown;
}

interface Named {
  /** Raised whenever the documents change for the same events: the new version is built from the first event. */
  readonly version: number;
  /** A description of one document, for the published contract. */
  readonly description: string;
  /** The name of one document in the contract: `Lead` of `leads`. */
  readonly entry: string;
  /** The query for one document by id, such as `lead`. Without it, documents are only in the list. */
  readonly one?: string;
  /** The record type of the documents: it gives `history`, relations and the record in a mutation's payload. */
  readonly record?: RecordTypeName;
}

export interface ReadModelOptions<C extends Fields> extends Omit<Named, 'entry'>, Abilities<keyof C & string> {
  readonly columns: C;
  /** Defaults to the capitalised name of `one`, or of the read model. */
  readonly entry?: string;
  /** Superseded documents are kept for as-of queries. Defaults to true. */
  readonly history?: boolean;
  readonly computed?: Readonly<Record<string, ComputedSpec<Of<C>>>>;
}

export interface ReadModelSpec extends Named {
  /** The plural that queries use: `leads`. */
  readonly name: string;
  readonly history: boolean;
  readonly duplicates: readonly (readonly string[])[];
  readonly columns: readonly ColumnSpec[];
  readonly computed: readonly (ComputedSpec & { readonly name: string })[];
}

/** A read model whose documents have a known type. */
export interface ReadModel<Doc> extends ReadModelSpec {
  /** Exists in types only. */
  readonly document?: Doc;
}

/** Declares a read model. @throws TypeError when an option names a column that does not exist */
export function readModel<const C extends Fields>(name: string, options: ReadModelOptions<C>): ReadModel<Of<C>> {
  const { version, description, one, record, entry = capitalised(one ?? name), history = true, duplicates = [], computed = {} } = options;
  return {
    name,
    version,
    description,
    entry,
    ...(one === undefined ? {} : { one }),
    ...(record === undefined ? {} : { record }),
    history,
    duplicates,
    columns: columnsOf(name, options.columns, options),
    computed: Object.entries(computed).map(([computedName, spec]) => ({ name: computedName, ...spec })),
  };
}

function columnsOf(name: string, columns: Fields, abilities: Abilities<string>): readonly ColumnSpec[] {
  const { filter = [], sort = [], search = [], dimension = [], measure = [], duplicates = [] } = abilities;
  for (const column of [...filter, ...sort, ...search, ...dimension, ...measure, ...duplicates.flat()]) {
    if (!Object.hasOwn(columns, column)) throw new TypeError(`${name} has no column ${column}; it has ${Object.keys(columns).join(', ')}.`);
  }
  return Object.entries(columns).map(([column, field]) => ({
    name: column,
    kind: field.kind,
    optional: field.absence === 'optional' || field.sealed,
    sealed: field.sealed,
    ...(field.description === undefined ? {} : { description: field.description }),
    filter: filter.includes(column),
    sort: sort.includes(column),
    search: search.includes(column),
    dimension: dimension.includes(column),
    measure: measure.includes(column),
  }));
}

/** Whether its documents may hold sealed values. The others get events without them. */
export function readsSealed({ columns }: Pick<ReadModelSpec, 'columns'>): boolean {
  return columns.some(({ sealed }) => sealed);
}

const shapes = new WeakMap<ReadModelSpec, string>();

/** A short hash of the columns and options of a read model. Documents with another hash can't be read or written by it. */
export function shapeOf(model: ReadModelSpec): string {
  const known = shapes.get(model);
  if (known !== undefined) return known;
  const { history, duplicates, columns } = model;
  const described = columns.map(({ description: _, sealed: __, kind, ...column }) => [Object.entries(column).sort(), kind.name]);
  const shape = createHash('sha256')
    .update(JSON.stringify([history, duplicates, described]))
    .digest('base64url')
    .slice(0, 16);
  shapes.set(model, shape);
  return shape;
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
