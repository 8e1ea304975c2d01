/** How a build lies in the file: which columns of its documents become SQL columns, in which tables, under which indexes. */
import type { Comparison } from '../../../contracts/fields/kind.js';
import type { ColumnSpec, ReadModelSpec } from '../../kernel/read-model.js';
import { buildName, idOf } from '../port/build-identity.js';
import type { BuildId, Served } from '../port/builds.js';
import { comparedColumns, indexedColumns, type ComparedColumn } from '../shared/columns.js';
import { identifier, type Sql } from './sql.js';

const sqlTypes: Readonly<Record<Comparison, string>> = {
  text: 'TEXT',
  exact: 'TEXT',
  boolean: 'INTEGER',
  int: 'INTEGER',
  money: 'INTEGER',
  decimal: 'REAL',
};

/** A document column that is also an SQL column. */
export interface StoredColumn extends ComparedColumn {
  /** The value; for money the amount in minor units. */
  readonly value: Sql;
  /** The value that it is ordered and compared by: folded text, otherwise the value itself. */
  readonly ordered: Sql;
  /** For money only. */
  readonly currency?: Sql;
}

/** An SQL column that a document fills. */
export interface SqlColumn {
  readonly name: Sql;
  readonly type: string;
  /** Its name in reports. */
  readonly title: string;
}

/** The part of the layout that all builds of one document class share. */
interface Columns {
  readonly model: ReadModelSpec;
  readonly columns: ReadonlyMap<string, StoredColumn>;
  /** In the order of the values that `rowOf` returns. */
  readonly sqlColumns: readonly SqlColumn[];
  readonly searched: readonly ColumnSpec[];
}

/** The names of a build's tables. */
export interface Tables {
  /** `leads@2#3`. */
  readonly name: string;
  /** Current documents. */
  readonly current: Sql;
  /** Superseded documents, in the order in which they were superseded; `document` is an id in `pastDocuments`. */
  readonly past: Sql;
  /** The JSON of superseded documents: separate, so that scanning `past` reads a few bytes per row. */
  readonly pastDocuments: Sql;
  /** The ids of removed documents, by which their past versions are found. */
  readonly removed: Sql;
  /** The words of current documents. */
  readonly words: Sql;
}

export interface Layout extends Columns, Tables {}

/** The number used in table names while there is no build: queries are validated all the same. */
const NONE = 0;

const known = new WeakMap<ReadModelSpec, { readonly columns: Columns; readonly layouts: Map<number, Layout> }>();

/** @throws TypeError when a column has to be compared and its type can't be. */
export function layoutOf({ model, number = NONE }: Served): Layout {
  const { columns, layouts } = known.get(model) ?? { columns: columnsOf(model), layouts: new Map<number, Layout>() };
  known.set(model, { columns, layouts });
  const layout = layouts.get(number) ?? { ...columns, ...tablesOf(idOf({ model, number })) };
  layouts.set(number, layout);
  return layout;
}

function columnsOf(model: ReadModelSpec): Columns {
  const columns = new Map(storedColumns(model).map((column) => [column.spec.name, column]));
  const searched = model.columns.filter((column) => column.search);
  const sqlColumns = [...columns.values()].flatMap(({ spec: { name: title }, kind, value, ordered, currency }): SqlColumn[] => [
    { name: value, type: sqlTypes[kind], title },
    ...(kind === 'text' ? [{ name: ordered, type: 'TEXT', title: `${title} (folded)` }] : []),
    ...(currency ? [{ name: currency, type: 'TEXT', title: `${title} (currency)` }] : []),
  ]);
  if (searched.length > 0) sqlColumns.push({ name: identifier('words'), type: 'TEXT NOT NULL', title: 'words' });
  return { model, columns, sqlColumns, searched };
}

export function tablesOf(id: BuildId): Tables {
  const name = buildName(id);
  return {
    name,
    current: identifier(name),
    past: identifier(`${name} past`),
    pastDocuments: identifier(`${name} past documents`),
    removed: identifier(`${name} removed`),
    words: identifier(`${name} words`),
  };
}

/** The statements that create a build's tables, without indexes. */
export function createStatements({ model, sqlColumns, searched, ...tables }: Layout): readonly string[] {
  const { current, past, pastDocuments, removed, words } = tables;
  const typed = sqlColumns.map(({ name, type }) => `${name.text} ${type}, `).join('');
  const create = [
    `CREATE TABLE ${current.text} (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, since INTEGER NOT NULL, ${typed}document TEXT NOT NULL)`,
  ];
  if (model.history) {
    create.push(
      `CREATE TABLE ${past.text} (until INTEGER NOT NULL, key TEXT NOT NULL, since INTEGER NOT NULL, id INTEGER NOT NULL,
        ${typed}document INTEGER NOT NULL, PRIMARY KEY (until, key)) WITHOUT ROWID`,
      `CREATE TABLE ${pastDocuments.text} (id INTEGER PRIMARY KEY, text TEXT NOT NULL)`,
      `CREATE TABLE ${removed.text} (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, since INTEGER NOT NULL)`,
    );
  }
  if (searched.length > 0) {
    create.push(`CREATE TABLE ${words.text} (word TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (word, id)) WITHOUT ROWID`);
  }
  return create;
}

/** The statements that create the indexes that don't exist yet. */
export function indexStatements(layout: Layout): readonly string[] {
  const create = indexes(layout).map((columns) => createIndex(layout, 'by', columns));
  if (!layout.model.history) return create;
  return [...create, `CREATE INDEX IF NOT EXISTS ${identifier(`${layout.name} past by id`).text} ON ${layout.past.text} (id, until)`];
}

/** The statement that creates the index that `find` needs for a column: the one for lists if it begins with the column. */
export function findStatement(layout: Layout, column: StoredColumn): string {
  const forLists = indexes(layout).find(([first]) => first === column);
  return forLists ? createIndex(layout, 'by', forLists) : createIndex(layout, 'found by', [column]);
}

function createIndex({ name, current }: Layout, by: string, [first, ...rest]: readonly StoredColumn[]): string {
  const index = identifier(`${name} ${by} ${first?.spec.name ?? ''}`);
  const columns = [first?.ordered.text, 'key', ...rest.map(({ value }) => value.text)].join(', ');
  return `CREATE INDEX IF NOT EXISTS ${index.text} ON ${current.text} (${columns})`;
}

/** The statements that drop a build's tables, whatever columns they have. */
export function dropStatements({ current, past, pastDocuments, removed, words }: Tables): readonly string[] {
  return [current, past, pastDocuments, removed, words].map((table) => `DROP TABLE IF EXISTS ${table.text}`);
}

function storedColumns(model: ReadModelSpec): readonly StoredColumn[] {
  return comparedColumns(model).map((column) => {
    const { spec, kind } = column;
    const value = identifier(`c ${spec.name}`);
    return {
      ...column,
      value,
      ordered: kind === 'text' ? identifier(`f ${spec.name}`) : value,
      ...(kind === 'money' ? { currency: identifier(`u ${spec.name}`) } : {}),
    };
  });
}

function indexes({ model, columns }: Layout): readonly (readonly StoredColumn[])[] {
  return indexedColumns(model, [...columns.values()]);
}
