/**
 * Adding up what is true as of a moment, without a snapshot of two collections: a document that is superseded meanwhile must count once,
 * not twice and not never.
 */
import type { Document as Bson } from 'mongodb';
import type { Selection } from '../query.js';
import { indexName, type Collections, type Layout } from './layout.js';
import type { BuildEntry } from './register.js';
import { cutOf, hinted, type Source } from './selection.js';

/** What is made of the documents of a source. */
export interface Gathering<Part> {
  /** Stages behind `$match` that add up, and what one of their rows comes to. */
  readonly stages: readonly Bson[];
  readonly ofGroup: (row: Bson) => Part;
  /** What is needed of a document, and what it comes to by itself. */
  readonly projection: Readonly<Record<string, 1>>;
  readonly ofDocument: (row: Bson) => Part;
  /** Whether the server can add up at all. */
  readonly onServer: boolean;
}

/** After so many tries documents are read one by one. */
const TRIES = 3;

/**
 * The current documents are read first, and superseded versions are written first, so none is missed. Those superseded by commits that
 * are behind the checkpoint were superseded before the current ones were read, and count once. Of others it can't be said: then all is
 * tried again from a later checkpoint, and at last read document by document, each once.
 * @param entryNow where the build stands; undefined when it is gone
 */
export async function gather<Part>(
  layout: Layout,
  selection: Selection,
  gathering: Gathering<Part>,
  entryNow: () => Promise<{ readonly entry: BuildEntry; readonly collections: Collections } | undefined>,
): Promise<readonly Part[]> {
  const cut = cutOf(layout, selection);
  const [current, past] = cut.sources;
  for (let tries = 0; ; tries += 1) {
    const now = await entryNow();
    if (!now || !current) return [];
    const { entry, collections } = now;
    const options = hinted(cut, indexName.moment, entry.indexed);
    const added = async ({ collection, filter }: Source): Promise<readonly Part[]> => {
      const rows = await collections[collection as 'current'].aggregate([{ $match: filter }, ...gathering.stages], options).toArray();
      return rows.map(gathering.ofGroup);
    };
    if (!gathering.onServer || (past && tries === TRIES)) return oneByOne(collections, cut.sources, gathering, options);
    const first = await added(current);
    if (!past) return first;
    const behind = { until: { $lte: entry.position }, commit: { $lte: entry.commits } };
    const [second, doubtful] = await Promise.all([
      added({ ...past, filter: { $and: [past.filter, behind] } }),
      collections.past.findOne({ $and: [past.filter, { $nor: [behind] }] }, { ...options, projection: { _id: 1 } }),
    ]);
    if (!doubtful) return [...first, ...second];
  }
}

async function oneByOne<Part>(
  collections: Collections,
  sources: readonly Source[],
  { projection, ofDocument }: Gathering<Part>,
  options: { readonly hint?: string },
): Promise<readonly Part[]> {
  const parts = new Map<string, Part>();
  for (const { collection, key, filter } of sources) {
    const cursor = collections[collection as 'current'].find(filter, { ...options, projection: { ...projection, [key]: 1 } });
    for await (const row of cursor) parts.set(String((row as Bson)[key]), ofDocument(row));
  }
  return [...parts.values()];
}
