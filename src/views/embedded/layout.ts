/** How a read model lies in the file: which columns of its documents become SQL columns, in which tables, under which indexes. */
import { createHash } from 'node:crypto';
import type { ColumnSpec, ReadModelSpec } from '../../kernel/read-model.js';
import { identifier, type Sql } from './sql.js';

/** Raised when this file's tables change: documents are then built again. */
const FORM = 2;

const sqlTypes = {
  id: 'TEXT',
  user: 'TEXT',
  text: 'TEXT',
  choice: 'TEXT',
  day: 'TEXT',
  instant: 'TEXT',
  boolean: 'INTEGER',
  int: 'INTEGER',
  money: 'INTEGER',
  decimal: 'REAL',
} as const;

export type StoredKind = keyof typeof sqlTypes;

/** A column of the documents that is an SQL column too. */
export interface StoredColumn {
  readonly spec: ColumnSpec;
  readonly kind: StoredKind;
  /** The value as it stands; of money the amount in minor units. */
  readonly value: Sql;
  /** What it is ordered and compared by: folded text, else the value. */
  readonly ordered: Sql;
  /** Only of money. */
  readonly currency?: Sql;
  /** Filters on it narrow down what is found otherwise. */
  readonly fewValues: boolean;
}

export interface Layout {
  readonly model: ReadModelSpec;
  /** Changes with everything that this file derives from the document class. */
  readonly hash: string;
  readonly columns: ReadonlyMap<string, StoredColumn>;
  /** The SQL columns that a document fills, in order, as `rowValues` gives them. */
  readonly sqlColumns: readonly Sql[];
  readonly searched: readonly ColumnSpec[];
  /** Current documents. */
  readonly current: Sql;
  /** Superseded documents, in the order in which they were superseded; their `document` is an id in `pastDocuments`. */
  readonly past: Sql;
  /** Their JSON: kept apart, so that finding them reads a few bytes of each and not the whole. */
  readonly pastDocuments: Sql;
  /** The words of current documents. */
  readonly words: Sql;
  /** Statements that create the tables. */
  readonly create: readonly string[];
}

const layouts = new WeakMap<ReadModelSpec, Layout>();

/** @throws TypeError when a column that the store must know is of a type that it can't compare. */
export function layoutOf(model: ReadModelSpec): Layout {
  const known = layouts.get(model);
  if (known) return known;
  const layout = derive(model);
  layouts.set(model, layout);
  return layout;
}

function derive(model: ReadModelSpec): Layout {
  const columns = new Map(storedColumns(model).map((column) => [column.spec.name, column]));
  const stored = [...columns.values()];
  const searched = model.columns.filter((column) => column.search);
  const typed = stored.flatMap((column) => [
    [column.value, sqlTypes[column.kind]] as const,
    ...(column.kind === 'text' ? [[column.ordered, 'TEXT'] as const] : []),
    ...(column.currency ? [[column.currency, 'TEXT'] as const] : []),
  ]);
  const name = `${model.name}@${model.version}`;
  const tables = {
    current: identifier(name),
    past: identifier(`${name} past`),
    pastDocuments: identifier(`${name} past documents`),
    words: identifier(`${name} words`),
  };
  const columnsOfBoth = [
    ...typed.map(([column, type]) => `${column.text} ${type}`),
    ...(searched.length > 0 ? ['words TEXT NOT NULL'] : []),
  ];
  const create = [
    `CREATE TABLE ${tables.current.text}
      (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, since INTEGER NOT NULL, ${[...columnsOfBoth, 'document TEXT NOT NULL'].join(', ')})`,
    ...indexes(model, stored).map((columnsOfIndex) => {
      const [first, ...rest] = columnsOfIndex;
      const index = identifier(`${name} by ${first?.spec.name ?? ''}`);
      return `CREATE INDEX ${index.text} ON ${tables.current.text} (${[first?.ordered.text, 'key', ...rest.map(({ value }) => value.text)].join(', ')})`;
    }),
  ];
  if (model.history) {
    create.push(
      `CREATE TABLE ${tables.past.text}
        (until INTEGER NOT NULL, key TEXT NOT NULL, since INTEGER NOT NULL, ${[...columnsOfBoth, 'document INTEGER NOT NULL'].join(', ')},
        PRIMARY KEY (until, key)) WITHOUT ROWID`,
      `CREATE INDEX ${identifier(`${name} past by key`).text} ON ${tables.past.text} (key, until)`,
      `CREATE TABLE ${tables.pastDocuments.text} (id INTEGER PRIMARY KEY, text TEXT NOT NULL)`,
    );
  }
  if (searched.length > 0) {
    create.push(`CREATE TABLE ${tables.words.text} (word TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (word, id)) WITHOUT ROWID`);
  }
  const hash = createHash('sha256')
    .update(JSON.stringify([FORM, create, searched.map((column) => column.name)]))
    .digest('base64url')
    .slice(0, 22);
  return { model, hash, columns, sqlColumns: typed.map(([column]) => column), searched, ...tables, create };
}

/** The statements that take a read model's tables away, whatever columns they had. */
export function dropStatements({ current, past, pastDocuments, words }: Layout): readonly string[] {
  return [current, past, pastDocuments, words].map((table) => `DROP TABLE IF EXISTS ${table.text}`);
}

function storedColumns(model: ReadModelSpec): readonly StoredColumn[] {
  const compared = new Set(model.duplicates?.flat());
  return model.columns.flatMap((spec): readonly StoredColumn[] => {
    const { kind } = spec.type;
    const asked = [spec.filter, spec.sort, spec.dimension, compared.has(spec.name)].some((flag) => flag === true);
    // Sketches and sums by currency are added up from the document itself.
    const added = kind === 'moneys' || kind === 'distribution';
    if (!asked && (!spec.measure || added)) return [];
    if (!isStored(kind)) throw new TypeError(`${model.name}.${spec.name}: a ${kind} can't be filtered, sorted or grouped by.`);
    const value = identifier(`c ${spec.name}`);
    return [
      {
        spec,
        kind,
        value,
        ordered: kind === 'text' ? identifier(`f ${spec.name}`) : value,
        fewValues: hasFewValues(spec),
        ...(kind === 'money' ? { currency: identifier(`u ${spec.name}`) } : {}),
      },
    ];
  });
}

function isStored(kind: string): kind is StoredKind {
  return kind in sqlTypes;
}

/** A column with few values, such as a status or a stage: lists of one of them are sorted by another column, so it never leads the search. */
function hasFewValues({ filter, dimension, type: { kind } }: ColumnSpec): boolean {
  return filter === true && (dimension === true || kind === 'choice' || kind === 'boolean');
}

/**
 * One index for each column that lists are sorted by, with the columns of few values in it: a list of one of those walks the index in its
 * order and leaves out the others without looking at their rows. One for each other column that is filtered by. Fewer than one for each
 * pair, since every index is written with every change.
 */
function indexes(model: ReadModelSpec, stored: readonly StoredColumn[]): readonly (readonly StoredColumn[])[] {
  const compared = new Set(model.duplicates?.flat());
  const few = stored.filter(({ fewValues }) => fewValues);
  const sorted = stored.filter(({ spec }) => spec.sort);
  const others = stored.filter(({ spec, fewValues }) => !spec.sort && !fewValues && (spec.filter ?? compared.has(spec.name)));
  const walked = sorted.map((first) => [first, ...few.filter((column) => column !== first)]);
  return [...walked, ...others.map((column) => [column])];
}
