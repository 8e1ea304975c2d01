/**
 * Aggregates documents as of a position from two collections without a common snapshot: a document that is superseded meanwhile must count exactly
 * once.
 */
import { MongoServerError, ReadConcernLevel, type Document as Bson } from 'mongodb';
import { indexName, type Collections } from './layout.js';
import type { BuildEntry } from './register.js';
import { hinted, type Cut, type Source } from './selection.js';

/** What is made of the documents of a source. */
export interface Aggregation<Part> {
  /** The stages behind `$match` that add up, by these values too, and what one of their rows comes to. */
  readonly stages: (by: Bson) => readonly Bson[];
  readonly ofGroup: (row: Bson) => Part;
  /** What is needed of a document, and what it comes to by itself. */
  readonly projection: Readonly<Record<string, 1>>;
  readonly ofDocument: (row: Bson) => Part;
  /** Whether the server can add up at all. */
  readonly onServer: boolean;
}

/**
 * While a server scans an index, a written document moves in it and may be found twice. Where the server has no snapshot reads, each document is
 * deduplicated before it is aggregated; the last occurrence counts.
 */
export function deduplicated(projection: Aggregation<unknown>['projection']): readonly Bson[] {
  return [
    { $project: { _id: 1, ...projection } },
    { $group: { _id: '$_id', met: { $last: '$$ROOT' } } },
    { $replaceRoot: { newRoot: '$met' } },
  ];
}

/** Of a server that can read as of one moment: not just now. */
const SNAPSHOT_ERRORS = [239, 246]; // SnapshotTooOld, SnapshotUnavailable

/** After so many tries documents are read one by one. */
const TRIES = 3;

/** A build where it was at some time. */
export interface Found {
  readonly entry: BuildEntry;
  readonly collections: Collections;
}

export interface Place {
  /** Where the build was when it was last looked up. */
  readonly found: Found;
  /** Looks it up again. */
  readonly look: () => Promise<Found>;
  /** Whether the server can read as of one moment. */
  readonly replicated: boolean;
}

/**
 * Current documents are read first, and writers write superseded versions first, so none is missed. Versions of commits up to the checkpoint were
 * superseded before the current documents were read, and count once. If there are others, the aggregation is retried from a later checkpoint; at last
 * the documents are read one by one.
 */
export async function aggregateAsOf<Part>(
  cut: Cut,
  gathering: Aggregation<Part>,
  { found, look, replicated }: Place,
): Promise<readonly Part[]> {
  const [current, past] = cut.sources;
  for (let tries = 0; tries < TRIES && gathering.onServer; tries += 1) {
    const { entry, collections } = past ? await look() : found;
    const options = {
      ...hinted(cut, indexName.moment, entry.indexed),
      ...(replicated ? { readConcern: { level: ReadConcernLevel.snapshot } } : {}),
    };
    const added = ({ collection, filter }: Source, once: readonly Bson[], by: Bson): Promise<readonly Bson[]> => {
      return collections[collection as 'current'].aggregate([{ $match: filter }, ...once, ...gathering.stages(by)], options).toArray();
    };
    const rows: Bson[] = [];
    try {
      rows.push(...(await added(current, replicated ? [] : deduplicated(gathering.projection), {})));
      if (past) {
        const { position, commits } = entry;
        rows.push(...(await added(past, [], { doubtful: { $or: [{ $gt: ['$until', position] }, { $gt: ['$commit', commits] }] } })));
      }
    } catch (error) {
      if (!(error instanceof MongoServerError) || !SNAPSHOT_ERRORS.includes(Number(error.code))) throw error;
      continue;
    }
    if (rows.every(({ _id }) => !(_id as Bson | null)?.doubtful)) return rows.map(gathering.ofGroup);
  }
  return oneByOne(found.collections, cut.sources, gathering, hinted(cut, indexName.moment, found.entry.indexed));
}

async function oneByOne<Part>(
  collections: Collections,
  sources: Cut['sources'],
  { projection, ofDocument }: Aggregation<Part>,
  options: { readonly hint?: string },
): Promise<readonly Part[]> {
  const parts = new Map<string, Part>();
  for (const { collection, key, filter } of sources.filter((source) => source !== undefined)) {
    const cursor = collections[collection as 'current'].find(filter, { ...options, projection: { ...projection, [key]: 1 } });
    for await (const row of cursor) parts.set(String((row as Bson)[key]), ofDocument(row));
  }
  return [...parts.values()];
}
