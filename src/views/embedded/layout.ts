/** How a build lies in the file: which columns of its documents become SQL columns, in which tables, under which indexes. */
import type { ColumnSpec, ReadModelSpec } from '../../kernel/read-model.js';
import { buildName, idOf, type BuildId, type Served } from '../builds.js';
import { comparedColumns, indexedColumns, type ComparedColumn, type StoredKind } from '../columns.js';
import { identifier, type Sql } from './sql.js';

const sqlTypes: Readonly<Record<StoredKind, string>> = {
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
};

/** A column of the documents that is an SQL column too. */
export interface StoredColumn extends ComparedColumn {
  /** The value as it stands; of money the amount in minor units. */
  readonly value: Sql;
  /** What it is ordered and compared by: folded text, else the value. */
  readonly ordered: Sql;
  /** Only of money. */
  readonly currency?: Sql;
}

/** An SQL column that a document fills. */
export interface SqlColumn {
  readonly name: Sql;
  readonly type: string;
  /** What people call it. */
  readonly title: string;
}

/** What all builds of one document class have in common. */
interface Columns {
  readonly model: ReadModelSpec;
  readonly columns: ReadonlyMap<string, StoredColumn>;
  /** In the order in which `rowOf` gives their values. */
  readonly sqlColumns: readonly SqlColumn[];
  readonly searched: readonly ColumnSpec[];
}

/** The names of a build's tables. */
export interface Tables {
  /** `leads@2#3`. */
  readonly name: string;
  /** Current documents. */
  readonly current: Sql;
  /** Superseded documents, in the order in which they were superseded; their `document` is an id in `pastDocuments`. */
  readonly past: Sql;
  /** Their JSON: kept apart, so that finding them reads a few bytes of each and not the whole. */
  readonly pastDocuments: Sql;
  /** What becomes of a document's id, which its past is found by, when it is removed. */
  readonly removed: Sql;
  /** The words of current documents. */
  readonly words: Sql;
}

export interface Layout extends Columns, Tables {}

/** Names the tables that there are not while no build has been begun: queries are checked all the same. */
const NONE = 0;

const known = new WeakMap<ReadModelSpec, { readonly columns: Columns; readonly layouts: Map<number, Layout> }>();

/** @throws TypeError when a column that the store must know is of a type that it can't compare. */
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

/** The statements that make a build's tables, without the indexes that it needs to serve. */
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

/** The statements that make the indexes; those that are there already are left as they are. */
export function indexStatements(layout: Layout): readonly string[] {
  const create = indexes(layout).map((columns) => createIndex(layout, 'by', columns));
  if (!layout.model.history) return create;
  return [...create, `CREATE INDEX IF NOT EXISTS ${identifier(`${layout.name} past by id`).text} ON ${layout.past.text} (id, until)`];
}

/** The statement that makes the index that `find` needs for a column: the one for lists where that begins with it. */
export function findStatement(layout: Layout, column: StoredColumn): string {
  const forLists = indexes(layout).find(([first]) => first === column);
  return forLists ? createIndex(layout, 'by', forLists) : createIndex(layout, 'found by', [column]);
}

function createIndex({ name, current }: Layout, by: string, [first, ...rest]: readonly StoredColumn[]): string {
  const index = identifier(`${name} ${by} ${first?.spec.name ?? ''}`);
  const columns = [first?.ordered.text, 'key', ...rest.map(({ value }) => value.text)].join(', ');
  return `CREATE INDEX IF NOT EXISTS ${index.text} ON ${current.text} (${columns})`;
}

/** The statements that take a build's tables away, whatever columns they had. */
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
