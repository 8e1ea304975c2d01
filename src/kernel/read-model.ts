/** `@ReadModel` and `@Column`: what one document of a read model is, and which of its columns filter, sort, search and sum. */
import { createHash } from 'node:crypto';
import type { FieldType, Shape } from './field-type.js';

export interface ColumnOptions {
  /** May be null. */
  readonly optional?: boolean;
  /** Can be asked for in `where`; indexed. */
  readonly filter?: boolean;
  /** Can be asked for in `orderBy`; indexed. Text is ordered without case and accents; null comes before everything. */
  readonly sort?: boolean;
  /** Its words are found by `search`. */
  readonly search?: boolean;
  /** Summaries can group by it. */
  readonly dimension?: boolean;
  /** Summaries add it up: numbers and money are summed, distributions merged. */
  readonly measure?: boolean;
  readonly description?: string;
}

export interface ColumnSpec extends ColumnOptions {
  readonly name: string;
  readonly type: FieldType;
}

/** A value that the API works out from a document or a summary: a rate, a share. */
export interface DerivedSpec {
  readonly name: string;
  readonly type: FieldType;
  readonly description?: string;
  /** The value, from whatever has the document's columns; null when it has none. */
  readonly of: (document: never) => unknown;
}

export interface ReadModelOptions {
  /** Raised whenever a handler or a column changes: the new version is built afresh. */
  readonly version: number;
  /** The query that answers one document by id, such as `lead`. Without it, documents are reached by their list alone. */
  readonly one?: string;
  /** The stream type whose records the documents are: gives `history`, relations and the record in a mutation's payload. */
  readonly record?: string;
  /** Keep superseded documents, so that queries can ask as of a past moment. True unless said otherwise. */
  readonly history?: boolean;
  /** Sets of columns: documents that agree on all columns of a set are likely the same person or company twice. */
  readonly duplicates?: readonly (readonly string[])[];
  readonly derived?: Readonly<Record<string, Omit<DerivedSpec, 'name'>>>;
  readonly description?: string;
}

export interface ReadModelSpec extends Omit<ReadModelOptions, 'derived' | 'history'> {
  readonly name: string;
  readonly history: boolean;
  readonly columns: readonly ColumnSpec[];
  readonly derived: readonly DerivedSpec[];
  readonly document: Shape;
}

const columns = new WeakMap<object, ColumnSpec[]>();
const models = new WeakMap<object, ReadModelSpec>();

export function Column(type: FieldType, options: ColumnOptions = {}): PropertyDecorator {
  return (prototype, property) => {
    const own = columns.get(prototype) ?? [];
    own.push({ ...options, name: String(property), type });
    columns.set(prototype, own);
  };
}

/** Names a document class as a read model. `name` is the plural that queries use: `leads`. */
export function ReadModel(name: string, options: ReadModelOptions): (target: Shape) => void {
  return (target) => {
    const { derived = {}, ...rest } = options;
    models.set(target, {
      history: true,
      ...rest,
      name,
      columns: columnsOf(target),
      derived: Object.entries(derived).map(([derivedName, spec]) => ({ name: derivedName, ...spec })),
      document: target,
    });
  };
}

/** The columns of a document class, or of a class nested in one: its bases' first, in the order of their declaration. */
export function columnsOf(target: Shape): readonly ColumnSpec[] {
  const found: ColumnSpec[] = [];
  for (let at: object | null = target.prototype as object; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    found.unshift(...(columns.get(at) ?? []));
  }
  return found;
}

/** @throws TypeError when the class is not marked with `@ReadModel`. */
export function readModelSpec(target: Shape): ReadModelSpec {
  const spec = models.get(target);
  if (!spec) throw new TypeError(`${target.name} is not marked with @ReadModel.`);
  return spec;
}

const shapes = new WeakMap<ReadModelSpec, string>();

/** A short fingerprint of everything that a document class says of its documents: another one can't be read or written by this class. */
export function shapeOf(model: ReadModelSpec): string {
  const known = shapes.get(model);
  if (known !== undefined) return known;
  const { history, duplicates = [] } = model;
  const described = JSON.stringify([history, duplicates, model.columns.map(describeColumn)]);
  const shape = createHash('sha256').update(described).digest('base64url').slice(0, 16);
  shapes.set(model, shape);
  return shape;
}

function describeColumn({ description: _, type, ...column }: ColumnSpec): unknown {
  return [Object.entries(column).sort(), describeType(type)];
}

function describeType(type: FieldType): unknown {
  if (type.kind === 'nested') return ['nested', columnsOf(type.shape()).map(describeColumn)];
  if (type.kind === 'list') return ['list', describeType(type.of)];
  return type.kind;
}
