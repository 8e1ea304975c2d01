/** One page of a list: the ranges that it is read from, one after the other, and the JSON that its documents become. */
import type { Document as Bson } from 'mongodb';
import type { Position } from '../../kernel/event.js';
import { sortColumn } from '../shared/columns.js';
import { decodeCursor, encodeCursor, fingerprint, type Bound } from '../shared/cursor.js';
import type { ListPage, ListQuery, Order, Where } from '../port/query.js';
import { indexName, type Collections, type Layout, type PastRow } from './layout.js';
import { cutOf, hinted, type Cut, type Source } from './selection.js';
import { and, or, TRUE, type Condition } from './where.js';

interface Term {
  /** Where it lies in a document; undefined: its key. */
  readonly path: string | undefined;
  readonly descending: boolean;
}

/** A document on a page, with what it is ordered by, its key last. */
interface Item {
  readonly place: readonly Bound[];
  readonly doc: string;
}

export interface PagePlan {
  readonly cut: Cut;
  /** The one that the whole list is read by. */
  readonly index: string;
  readonly terms: readonly Term[];
  /** Behind a cursor: ranges in the order of the list. */
  readonly place: readonly Bound[] | undefined;
  readonly first: number;
  readonly fingerprint: string;
  /** Of a list as of a moment; undefined when it is of given keys. */
  readonly moment: Position | undefined;
}

/** What a page is read with. */
export interface PageOptions {
  /** Whether the build has its indexes. */
  readonly indexed: boolean;
  /** See `MongoViewsOptions`. */
  readonly nearby: number;
}

/**
 * @throws TypeError when the order, a filter or the search does not fit the read model.
 * @throws BadCursor when the cursor belongs to another order.
 */
export function pagePlan(layout: Layout, { orderBy, first, after, ...selection }: ListQuery): PagePlan {
  const terms = termsOf(layout, orderBy);
  const order = orderBy.map(({ column, descending }) => `${descending ? '-' : '+'}${column}`);
  const print = fingerprint(layout.model.name, order);
  const cut = cutOf(layout, selection);
  const [leading] = orderBy;
  return {
    cut,
    index: leading ? indexName.column(leading.column) : indexName.key,
    terms,
    place: after === undefined ? undefined : decodeCursor(print, after, terms.length),
    first,
    fingerprint: print,
    moment: selection.where && isOfKeys(selection.where) ? undefined : selection.asOf,
  };
}

/** Whether only documents of given keys match: their versions are found by key. */
function isOfKeys(where: Where): boolean {
  return where.kind === 'key' || (where.kind === 'and' && where.of.some(isOfKeys));
}

export async function readPage(collections: Collections, plan: PagePlan, options: PageOptions): Promise<ListPage> {
  const { cut, index, first, terms, fingerprint: print } = plan;
  const [current, past] = cut.sources;
  const hint = hinted(cut, index, options.indexed);
  // One after the other: a document that is superseded after the current ones were read is found among the superseded ones.
  const found = [await itemsOf(collections, current, plan, hint)];
  if (past) found.push((await nearbyItems(collections, past, plan, options)) ?? (await itemsOf(collections, past, plan, hint)));
  const items = merged(found, terms, first + 1);
  const json = items.slice(0, first).map(({ place, doc }) => {
    return `{"key":${JSON.stringify(place.at(-1))},"cursor":"${encodeCursor(print, place)}","document":${doc}}`;
  });
  return { json: `[${json.join(',')}]`, hasNext: items.length > first };
}

/** The columns to order by, and the key, which goes the way of the last of them so that one index serves both. */
function termsOf({ model, columns }: Layout, orderBy: readonly Order[]): readonly Term[] {
  const terms = orderBy.map(({ column: name, descending }): Term => {
    return { path: sortColumn(model, columns, name).ordered, descending };
  });
  return [...terms, { path: undefined, descending: terms.at(-1)?.descending ?? false }];
}

/** One more than asked for tells whether there is a next page. */
async function itemsOf(
  collections: Collections,
  { collection, key, filter }: Source,
  { terms, place, first }: PagePlan,
  hint: { readonly hint?: string },
): Promise<readonly Item[]> {
  const paths = terms.map(({ path }) => path ?? key);
  const sort = Object.fromEntries(terms.map(({ descending }, index) => [paths[index] ?? key, descending ? (-1 as const) : (1 as const)]));
  const projection = { doc: 1, [key]: 1, ...Object.fromEntries(paths.map((path) => [path, 1])) };
  const items = new Map<string, Item>();
  for (const range of place ? rangesBehind(terms, paths, place) : [TRUE]) {
    const left = first + 1 - items.size;
    if (left <= 0) break;
    const rows = await collections[collection as 'current']
      .find(narrowed(filter, range), { ...hint, projection })
      .sort(sort)
      .limit(left)
      .toArray();
    // A document that moves in the index while pages are read may be found twice.
    for (const item of rows.map((row) => itemOf(row, paths))) if (!items.has(keyOf(item))) items.set(keyOf(item), item);
  }
  return [...items.values()];
}

/**
 * The same for superseded documents when few were superseded since the position: these are read and sorted here, since the index of the order
 * contains all superseded documents. Undefined when there are too many.
 */
async function nearbyItems(
  { past }: Collections,
  { key, filter }: Source,
  { terms, place, first, moment }: PagePlan,
  { indexed, nearby }: PageOptions,
): Promise<readonly Item[] | undefined> {
  if (moment === undefined || !indexed) return undefined;
  const hint = { hint: indexName.moment };
  if ((await past.countDocuments({ until: { $gt: moment } }, { ...hint, limit: nearby + 1 })) > nearby) return undefined;
  const paths = terms.map(({ path }) => path ?? key);
  const rows = await past.find(filter, { ...hint, projection: Object.fromEntries(paths.map((path) => [path, 1])) }).toArray();
  const places = rows.map((row) => ({ id: row._id, place: placeOf(row, paths) }));
  const page = places
    .filter((each) => !place || compared(each.place, place, terms) > 0)
    .sort((a, b) => compared(a.place, b.place, terms))
    .slice(0, first + 1);
  const documents = await past
    .find({ _id: { $in: page.map(({ id }) => id) } })
    .project<Pick<PastRow, '_id' | 'doc'>>({ doc: 1 })
    .toArray();
  const docs = new Map(documents.map(({ _id, doc }) => [_id, doc]));
  return page.flatMap((each) => {
    const doc = docs.get(each.id);
    return doc === undefined ? [] : [{ place: each.place, doc }];
  });
}

function itemOf(row: Bson, paths: readonly string[]): Item {
  return { place: placeOf(row, paths), doc: String(row.doc) };
}

function placeOf(row: Bson, paths: readonly string[]): readonly Bound[] {
  return paths.map((path) => path.split('.').reduce<unknown>((at, field) => (at as Bson)[field], row) as Bound);
}

function keyOf({ place }: Item): string {
  return String(place.at(-1));
}

/**
 * Consecutive ranges of everything after the place: first the ties of the first term, then the rest. Each is one range of the index.
 */
function rangesBehind(terms: readonly Term[], paths: readonly string[], place: readonly Bound[]): readonly Condition[] {
  const [term, ...others] = terms;
  const [path = '', ...otherPaths] = paths;
  const [value = null, ...rest] = place;
  if (!term) return [];
  const beyond = ahead(term, path, value);
  return others.length === 0 ? beyond : [and([{ [path]: { $eq: value } }, or(rangesBehind(others, otherPaths, rest))]), ...beyond];
}

/** Null stands before every value. */
function ahead({ path, descending }: Term, at: string, value: Bound): readonly Condition[] {
  if (value === null) return descending ? [] : [{ [at]: { $ne: null } }];
  if (!descending) return [{ [at]: { $gt: value } }];
  const below = { [at]: { $lt: value } };
  return path === undefined ? [below] : [below, { [at]: { $eq: null } }];
}

/** Both conditions, the one of the range beside the others where it can be: plain equalities make the best use of an index. */
function narrowed(filter: Condition, range: Condition): Condition {
  return range === TRUE ? filter : { $and: [filter, range] };
}

/** The first of all, each document once, in the order of the terms. */
function merged(lists: readonly (readonly Item[])[], terms: readonly Term[], limit: number): readonly Item[] {
  const [only] = lists;
  if (only && lists.length === 1) return only;
  const once = new Map(lists.flat().map((item) => [keyOf(item), item]));
  return [...once.values()].sort((a, b) => compared(a.place, b.place, terms)).slice(0, limit);
}

function compared(left: readonly Bound[], right: readonly Bound[], terms: readonly Term[]): number {
  for (const [index, { descending }] of terms.entries()) {
    const order = compareBounds(left[index] ?? null, right[index] ?? null);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

function compareBounds(left: Bound, right: Bound): number {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  if (typeof left === 'number' || typeof right === 'number') return Number(left) - Number(right);
  // By code points, as the server orders text; JavaScript compares UTF-16 code units.
  return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));
}
