/** One store that tests open sides of, and what they do with a fresh one. */
import type { Build } from '../../../src/views/port/builds.js';
import type { Commit, DocumentChange } from '../../../src/views/port/commits.js';
import type { Lease } from '../../../src/leases/port.js';
import type { ViewReader, ViewWriter } from '../../../src/views/port/store.js';
import { change, commitOf, deals, live, type Deal } from './deals.js';

/** A store that is empty at first. Each side may be opened any number of times, as by several processes. */
export interface ViewStore {
  writer(): Promise<ViewWriter>;
  reader(): Promise<ViewReader>;
  readonly byHand: ByHand;
  /** Whether a text, in lower case, stands anywhere in what is stored: in the bytes of a file, in the collections of a database. */
  holds(text: string): Promise<boolean>;
  /** Closes every side that was opened and removes what they stored. */
  remove(): Promise<void>;
}

/** A row of the live build of deals: the current one of a key, or one that was superseded. */
export interface Place {
  readonly key: string;
  readonly since: number;
  readonly until: number | null;
}

/** What somebody does to the live build of deals behind the store's back. */
export interface ByHand {
  /** Puts another row like this one into the same table. */
  copy(row: Place, to: Place): Promise<void>;
  move(row: Place, to: Place): Promise<void>;
  /** Has a search find the current document of a key by this word. */
  addWord(key: string, word: string): Promise<void>;
}

export interface Sides {
  readonly writer: ViewWriter;
  readonly reader: ViewReader;
  readonly store: ViewStore;
  /** Of deals and tallies, longer than a test. */
  readonly lease: Lease;
  /** Commits changes of the live build of deals. */
  readonly commit: (from: number, to: number, ...changes: readonly DocumentChange[]) => Promise<void>;
  /** Commits deals, one event each, from where the build stands on; the live one unless another is given. @returns where it stands then */
  readonly keep: (documents: Readonly<Record<string, Deal | null>>, build?: Build) => Promise<number>;
}

export type OpenStore = () => Promise<ViewStore>;

/** Runs a test on a fresh store with a live, empty build of deals. */
export function onStore(open: OpenStore, test: (sides: Sides) => Promise<void>): () => Promise<void> {
  return async () => {
    const store = await open();
    try {
      const writer = await store.writer();
      await writer.begin(deals);
      const lease = await leaseOf(writer, 'tester');
      const reader = await store.reader();
      await test({
        writer,
        reader,
        store,
        lease,
        commit: (from, to, ...changes) => writer.commit([commitOf(lease, from, to, ...changes)]),
        keep: (documents, build = live) => keepDeals(writer, lease, documents, build),
      });
    } finally {
      await store.remove();
    }
  };
}

/** The lease that tests commit under, for ten minutes. */
export async function leaseOf(writer: ViewWriter, holder: string): Promise<Lease> {
  const [lease] = await writer.leases.acquire(['deals'], holder, 600_000);
  if (!lease) throw new Error(`${holder} was not given the lease.`);
  return lease;
}

export async function keepDeals(
  writer: ViewWriter,
  lease: Lease,
  documents: Readonly<Record<string, Deal | null>>,
  build: Build = live,
): Promise<number> {
  const from = (await recordOf(writer, build)).position;
  const changes = Object.entries(documents).map(([key, deal], index) => change(key, from + index + 1, deal));
  await writer.commit([{ ...commitOf(lease, from, from + changes.length, ...changes), build } satisfies Commit]);
  return from + changes.length;
}

/** What the register says of a build. @throws Error when it is not there. */
export async function recordOf(side: Pick<ViewWriter, 'builds'>, { model, number }: Build) {
  const record = (await side.builds()).find((each) => each.name === model.name && each.number === number);
  if (!record) throw new Error(`${model.name}, build ${number}, is not in the register.`);
  return record;
}
