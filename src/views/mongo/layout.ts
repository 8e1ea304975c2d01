/** The collections, rows and indexes of a build in MongoDB. */
import type { Collection, Db, IndexDescription, Long } from 'mongodb';
import type { Position } from '../../kernel/event.js';
import type { ColumnSpec, ReadModelSpec } from '../../kernel/read-model.js';
import { buildName, idOf } from '../port/build-identity.js';
import type { Build } from '../port/builds.js';
import { comparedColumns, indexedColumns, type ComparedColumn } from '../shared/columns.js';
import type { Bound } from '../shared/cursor.js';

/** `erasures`: how many erasures the fold knew that wrote the row. */
export interface Folded {
  readonly erasures: number;
}

/** What queries look at, kept beside the document. */
export interface Row {
  /** The position of the change that made it so. */
  readonly since: Position;
  /** The document as JSON: what goes in comes out, and lists are joined from it without being parsed. */
  readonly doc: string;
  /** Values of columns as they stand; of money the amount in minor units, of flags 0 or 1. */
  readonly v: Readonly<Record<string, Bound | Long>>;
  /** Folded values of text columns. */
  readonly o: Readonly<Record<string, string | null>>;
  /** Currencies of money columns. */
  readonly u: Readonly<Record<string, string | null>>;
  /** The folded words of the searched columns. */
  readonly w: readonly string[];
}

/**
 * The current document of a key, or the tombstone of a removed one, whose position keeps late writes from restoring it. `commit`: the number of the
 * commit that wrote it. `gone`: when it was removed, in milliseconds since 1970.
 */
export type CurrentRow =
  | ({ readonly _id: string; readonly live: true; readonly commit: number } & Row & Folded)
  | ({ readonly _id: string; readonly live: false; readonly commit: number; readonly since: Position; readonly gone: number } & Folded);

/** A superseded document. The id (`idAt` its position) makes writing it twice the same as writing it once. */
export interface PastRow extends Row, Folded {
  readonly _id: string;
  readonly key: string;
  readonly until: Position;
  /** Which commit of the build superseded it. */
  readonly commit: number;
}

/** An unapplied event; `done`: it was applied or skipped. */
export interface DeadLetterRow extends Folded {
  readonly _id: string;
  readonly key: string;
  readonly position: Position;
  /** The number of the commit of the build or of its partition that wrote it. */
  readonly commit?: number;
  /** The token of the lease that it was written under. */
  readonly token: number;
  readonly done: boolean;
  /** The event as JSON; absent when it is done. */
  readonly event?: string;
  /** When it was done, in milliseconds since 1970. */
  readonly gone?: number;
}

/** The id of a row of a key at a position. */
export function idAt(position: Position, key: string): string {
  return `${position} ${key}`;
}

export interface StoredColumn extends ComparedColumn {
  /** Where its value is. */
  readonly value: string;
  /** Where what it is ordered and compared by is. */
  readonly ordered: string;
  /** Where its currency is; only of money. */
  readonly currency?: string;
}

export interface Layout {
  readonly model: ReadModelSpec;
  readonly columns: ReadonlyMap<string, StoredColumn>;
  readonly searched: readonly ColumnSpec[];
  readonly indexes: {
    readonly current: readonly IndexDescription[];
    readonly past: readonly IndexDescription[];
    readonly deadLetters: readonly IndexDescription[];
  };
}

export interface Collections {
  readonly current: Collection<CurrentRow>;
  readonly past: Collection<PastRow>;
  readonly deadLetters: Collection<DeadLetterRow>;
}

/** @param generation how often the build was reset: late writes go to collections that are no longer read */
export function collectionsOf(db: Db, build: Build, generation: number): Collections {
  const name = `${buildName(idOf(build))}.${generation}`;
  return { current: db.collection(name), past: db.collection(`${name}.past`), deadLetters: db.collection(`${name}.dead-letters`) };
}

/** The build and generation that a collection belongs to; undefined when it belongs to none. */
export function ownerOf(collection: string): { readonly build: string; readonly generation: number } | undefined {
  const [, build, generation] = /^(.+@\d+#\d+)\.(\d+)(?:\.past|\.dead-letters)?$/.exec(collection) ?? [];
  return build === undefined ? undefined : { build, generation: Number(generation) };
}

const layouts = new WeakMap<ReadModelSpec, Layout>();

/** @throws TypeError when a column that the store must know is of a type that it can't compare. */
export function layoutOf(model: ReadModelSpec): Layout {
  const known = layouts.get(model);
  if (known) return known;
  const stored = comparedColumns(model).map((column): StoredColumn => {
    const { kind, spec } = column;
    const value = `v.${spec.name}`;
    return {
      ...column,
      value,
      ordered: kind === 'text' ? `o.${spec.name}` : value,
      ...(kind === 'money' ? { currency: `u.${spec.name}` } : {}),
    };
  });
  const columns = new Map(stored.map((column) => [column.spec.name, column]));
  const searched = model.columns.filter((column) => column.search);
  const layout: Layout = { model, columns, searched, indexes: indexesOf(model, stored, searched.length > 0) };
  layouts.set(model, layout);
  return layout;
}

/** The indexes that lists by key, by a column, of found words and summaries are hinted to. */
export const indexName = { key: 'keys', words: 'words', moment: 'moments', column: (name: string) => `by ${name}` } as const;

/** MongoDB takes at most this many fields in one index. */
const FIELDS = 32;

function indexesOf(model: ReadModelSpec, stored: readonly StoredColumn[], searches: boolean): Layout['indexes'] {
  const lists = indexedColumns(model, stored);
  const grouped = stored
    .filter(({ spec }) => spec.dimension ?? spec.measure)
    .flatMap(({ value, currency }) => (currency === undefined ? [value] : [value, currency]));
  const ascending = (...paths: readonly string[]) => Object.fromEntries(paths.slice(0, FIELDS).map((path) => [path, 1] as const));
  const current = [
    ...lists.map(([first, ...rest]) => listIndex(first, rest)),
    { name: indexName.key, key: ascending('live', '_id') },
    // Includes the columns that summaries group by and sum, so that most summaries read the index only.
    { name: indexName.moment, key: ascending('live', 'since', ...grouped) },
    ...(searches ? [{ name: indexName.words, key: ascending('live', 'w') }] : []),
  ];
  const past = model.history
    ? [
        ...lists
          .filter(([first]) => first?.spec.sort)
          .map(([first, ...rest]) => ({
            name: indexName.column(first?.spec.name ?? ''),
            key: ascending(first?.ordered ?? '', 'key', 'until', 'since', ...rest.map(({ value }) => value)),
          })),
        { name: indexName.key, key: ascending('key', 'until', 'since') },
        { name: indexName.moment, key: ascending('until', 'since', 'commit', ...grouped) },
        ...(searches ? [{ name: indexName.words, key: ascending('w') }] : []),
      ]
    : [];
  return { current, past, deadLetters: [{ name: indexName.key, key: ascending('done', 'key', 'position') }] };
}

function listIndex(first: StoredColumn | undefined, rest: readonly StoredColumn[]): IndexDescription {
  const paths = ['live', first?.ordered ?? '', '_id', ...rest.map(({ value }) => value)];
  return { name: indexName.column(first?.spec.name ?? ''), key: Object.fromEntries(paths.slice(0, FIELDS).map((path) => [path, 1])) };
}

/** The index that `find` needs for a column: the one for lists where that begins with it. */
export function findIndex(layout: Layout, column: StoredColumn): IndexDescription {
  const name = indexName.column(column.spec.name);
  return layout.indexes.current.find((index) => index.name === name) ?? { ...listIndex(column, []), name: `found ${name}` };
}
