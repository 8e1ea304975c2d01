/** Documents with all their kept versions as they lie in MongoDB, and what beside them does not follow from them. */
import { isDeepStrictEqual } from 'node:util';
import type { Document } from '../../kernel/projection.js';
import { compareKeys } from '../port/audit.js';
import type { DocumentHistory } from '../port/audit.js';
import type { Collections, CurrentRow, Layout, PastRow, Row } from './layout.js';
import { rowOf } from './row.js';

type KeyCondition = { readonly $gt?: string; readonly $lte?: string; readonly $in?: readonly string[] };

/** A part of a scan: of the keys behind one that documents, removed ones and superseded versions lie under, the first so many. */
export async function scanned(
  layout: Layout,
  collections: Collections,
  after: string | undefined,
  limit: number,
): Promise<readonly DocumentHistory[]> {
  const rows = await currentRows(layout, collections, after === undefined ? {} : { $gt: after }, limit);
  const last = rows.length < limit ? undefined : rows.at(-1)?._id;
  const range = { ...(after === undefined ? {} : { $gt: after }), ...(last === undefined ? {} : { $lte: last }) };
  const past = await pastRows(layout, collections, range, limit);
  const keys = [...new Set([...rows.map(({ _id }) => _id), ...past.keys()])].sort(compareKeys).slice(0, limit);
  return keys.map(historyReader(layout, rows, past));
}

export async function historiesOf(layout: Layout, collections: Collections, keys: readonly string[]): Promise<readonly DocumentHistory[]> {
  const rows = await currentRows(layout, collections, { $in: keys }, 0);
  return keys.map(historyReader(layout, rows, await pastRows(layout, collections, { $in: keys }, keys.length)));
}

/** @param limit 0: all */
function currentRows({ model }: Layout, { current }: Collections, keys: KeyCondition, limit: number): Promise<CurrentRow[]> {
  const filter = { ...(model.history ? {} : { live: true as const }), ...(Object.keys(keys).length > 0 ? { _id: keys } : {}) };
  return current.find(filter, { promoteLongs: false }).sort({ _id: 1 }).limit(limit).toArray();
}

/** By so many keys at the most. */
async function pastRows(
  { model }: Layout,
  { past }: Collections,
  keys: KeyCondition,
  limit: number,
): Promise<ReadonlyMap<string, PastRow[]>> {
  const found = new Map<string, PastRow[]>();
  if (!model.history) return found;
  const cursor = past.find(Object.keys(keys).length > 0 ? { key: keys } : {}, { promoteLongs: false }).sort({ key: 1, until: 1 });
  for await (const row of cursor) {
    const rows = found.get(row.key);
    if (!rows && found.size === limit) break;
    if (rows) rows.push(row);
    else found.set(row.key, [row]);
  }
  return found;
}

function historyReader(
  layout: Layout,
  rows: readonly CurrentRow[],
  past: ReadonlyMap<string, readonly PastRow[]>,
): (key: string) => DocumentHistory {
  const current = new Map(rows.map((row) => [row._id, row]));
  return (key) => {
    const superseded = past.get(key) ?? [];
    const row = current.get(key);
    // Read after the current documents: one of those may have been superseded since.
    const now = row?.live && !superseded.some(({ since, doc }) => since === row.since && doc === row.doc) ? [row] : [];
    const versions = [...superseded, ...now].map((version) => versionOf(layout, version));
    const damage = versions.flatMap((version) => version.damage ?? []).join('; ');
    return {
      key,
      versions: versions.map(({ since, until, document }) => ({ since, until, document })),
      ...(damage === '' ? {} : { damage }),
    };
  };
}

function versionOf(layout: Layout, row: Row | PastRow) {
  const until = 'until' in row ? row.until : null;
  const document = parsed(row.doc);
  const titles = document ? damaged(layout, row, document) : ['document'];
  const which = until === null ? 'the current version' : `the version of ${row.since}`;
  return { since: row.since, until, document: document ?? {}, damage: titles.length > 0 ? `${which}: ${titles.join(', ')}` : undefined };
}

/** What beside a document does not follow from it. */
function damaged(layout: Layout, row: Row, document: Document): readonly string[] {
  const expected = storable(layout, row, document);
  if (!expected) return ['document'];
  const columns = [...layout.columns.keys()].filter((name) =>
    (['v', 'o', 'u'] as const).some((part) => !isDeepStrictEqual(row[part][name], expected[part][name])),
  );
  return isDeepStrictEqual(row.w, expected.w) ? columns : [...columns, 'words'];
}

/** Undefined when the document could not have been stored by this program. */
function storable(layout: Layout, { since }: Row, document: Document): Row | undefined {
  try {
    return rowOf(layout, since, document);
  } catch {
    return undefined; // Not written by this program: reported as damage.
  }
}

function parsed(text: string): Document | undefined {
  try {
    return JSON.parse(text) as Document;
  } catch {
    return undefined; // Not written by this program: reported as damage.
  }
}
