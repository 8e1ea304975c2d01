/** Rewrites on MongoDB: repeated after a crash at any of their writes, and safe from writers that knew fewer erasures. */
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { Collection, Db, MongoNetworkError } from 'mongodb';
import { LeaseLost } from '../../src/leases/errors.js';
import type { Lease } from '../../src/leases/port.js';
import { buildName, idOf, noProgress } from '../../src/views/port/build-identity.js';
import type { Build } from '../../src/views/port/builds.js';
import type { Commit, DocumentChange, Rewrite } from '../../src/views/port/commits.js';
import type { UnappliedEvent } from '../../src/views/port/dead-letters.js';
import { ErasuresMoved } from '../../src/views/port/errors.js';
import { ViewsUnavailable } from '../../src/views/port/query-errors.js';
import type { ViewReader, ViewWriter } from '../../src/views/port/store.js';
import { isFenced, write, writesOf } from '../../src/views/mongo/apply.js';
import { connect } from '../../src/views/mongo/connection.js';
import { writeDeadLetters } from '../../src/views/mongo/dead-letters.js';
import { collectionsOf, layoutOf, type Collections } from '../../src/views/mongo/layout.js';
import { openMongoViewReader, openMongoViewWriter } from '../../src/views/mongo.js';
import { change, deals, live as build } from '../conformance/views/deals.js';
import { heldUpAt } from '../support/engines/held-up.js';
import { dropDatabase } from '../support/engines/mongo-database.js';
import { isStored } from '../support/engines/mongo-store.js';
import { mongoForTests } from '../support/engines/secantus.js';
import { gathered } from '../support/log/gathered.js';

jest.setTimeout(240_000);

const server = await mongoForTests();
const suite = server ? describe : describe.skip;
afterAll(async () => server?.stop());

/** A word that stands in nothing else. */
const WORD = 'xanthippe';

interface Sides {
  readonly url: string;
  readonly writer: ViewWriter;
  readonly reader: ViewReader;
  readonly collections: Collections;
}

async function onMongo(work: (sides: Sides) => Promise<void>): Promise<void> {
  const url = server!.url();
  const [writer, reader] = await Promise.all([openMongoViewWriter({ url }), openMongoViewReader({ url })]);
  const connection = await connect({ url }, 'writer');
  try {
    await writer.begin(deals);
    await work({ url, writer, reader, collections: collectionsOf(connection.db, build, 0) });
  } finally {
    await Promise.all([writer.close(), reader.close(), connection.close()]);
    await dropDatabase(url);
  }
}

async function leaseOf(writer: ViewWriter, holder: string, name = 'deals'): Promise<Lease> {
  const [lease] = await writer.leases.acquire([name], holder, 600_000);
  return lease!;
}

function commitOf(lease: Lease, from: number, to: number, parts: Partial<Commit> = {}): Commit {
  return { build, from, to, changes: [], erasures: 0, lease, progress: noProgress, ...parts };
}

function unapplied(key: string, position: number, error = WORD): UnappliedEvent {
  const at = { position, revision: position, id: `e${position}`, stream: { type: 'deal', id: key } };
  return { key, ...at, type: 'DealMoved', error, attempts: 1, since: '2026-03-04T05:06:07.089Z' };
}

const named = (key: string, position: number, name: string): DocumentChange => change(key, position, { name });

/** What is stored before anything is erased. */
const clear = {
  changes: [named('a', 1, WORD), named('b', 2, WORD), named('a', 3, `${WORD} too`), change('b', 4, null), named('c', 4, 'Cid')],
  deadLetters: [unapplied('a', 4), unapplied('a', 5), unapplied('c', 4, 'no')],
};

/** The same after the erasure. */
const rewrites: readonly Rewrite[] = [
  { key: 'a', versions: [named('a', 1, 'none')], deadLetters: [unapplied('a', 4, 'none')] },
  { key: 'b', versions: [named('b', 2, 'none'), change('b', 4, null)], deadLetters: [] },
];

const version = (since: number, until: number | null, name: string) => ({ since, until, name });

/** All versions by key, and the dead letters. */
async function stored(reader: ViewReader) {
  const histories = await gathered(reader.scan(build));
  const deadLetters = await Promise.all(['a', 'b', 'c'].map((key) => reader.unappliedEvents(build, key, { first: 10 })));
  return {
    versions: histories.map(({ key, versions, damage }) => [
      key,
      versions.map(({ since, until, document }) => version(since, until, String(document['name']))),
      damage,
    ]),
    deadLetters: deadLetters.flat().map(({ key, position, error }) => [key, position, error]),
  };
}

/**
 * The process dies at its nth write from now on: nothing that it does later reaches the server.
 * @param done whether the server has made the nth write
 */
function dyingAt(n: number, done: boolean): { readonly died: () => boolean } {
  let writes = 0;
  const methods = [
    [Collection.prototype, 'bulkWrite'],
    [Collection.prototype, 'deleteMany'],
    [Collection.prototype, 'updateOne'],
    [Db.prototype, 'command'],
  ] as const;
  for (const [prototype, name] of methods) {
    const method = Reflect.get(prototype, name) as (...given: unknown[]) => Promise<unknown>;
    const dying = async function (this: unknown, ...given: unknown[]): Promise<unknown> {
      writes += 1;
      if (writes < n) return method.apply(this, given);
      if (writes === n && done) await method.apply(this, given);
      throw new MongoNetworkError('cut off');
    };
    jest.spyOn(prototype as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>, name).mockImplementation(dying);
  }
  return { died: () => writes >= n };
}

suite('rewrites on MongoDB', () => {
  test.each([true, false])('are the same after a crash at any of their writes (it was made: %s)', async (done) => {
    let died = true;
    for (let n = 1; died; n += 1) {
      await onMongo(async ({ url, writer, reader }) => {
        const first = await leaseOf(writer, 'first');
        await writer.finalize(build, first);
        await writer.commit([commitOf(first, 0, 5, clear)]);
        const changes = [named('a', 6, 'Ada'), named('c', 7, 'Cleo'), named('d', 8, 'Dan')];
        const dying = dyingAt(n, done);
        try {
          await writer.raiseErasures(build, 1, first);
          await writer.commit([commitOf(first, 5, 8, { changes, erasures: 1, rewrites })]);
        } catch (error) {
          expect(error).toBeInstanceOf(ViewsUnavailable);
        }
        jest.restoreAllMocks();
        died = dying.died();
        await writer.leases.release([first]);
        const next = await openMongoViewWriter({ url });
        const lease = await leaseOf(next, 'next');
        expect(await next.raiseErasures(build, 1, lease)).toEqual([]);
        // The next projector goes on from the checkpoint in smaller batches.
        const position = (await next.builds())[0]?.position;
        if (position === 5) {
          await next.commit([commitOf(lease, 5, 6, { changes: changes.slice(0, 1), erasures: 1, rewrites })]);
          await next.commit([commitOf(lease, 6, 8, { changes: changes.slice(1), erasures: 1 })]);
        }
        expect({ n, ...(await stored(reader)) }).toEqual({
          n,
          versions: [
            ['a', [version(1, 6, 'none'), version(6, null, 'Ada')], undefined],
            ['b', [version(2, 4, 'none')], undefined],
            ['c', [version(4, 7, 'Cid'), version(7, null, 'Cleo')], undefined],
            ['d', [version(8, null, 'Dan')], undefined],
          ],
          deadLetters: [['a', 4, 'none'], ['c', 4, 'no']], // prettier-ignore
        });
        expect({ n, isStored: await isStored(url, WORD) }).toEqual({ n, isStored: false });
        expect((await next.builds())[0]).toMatchObject({ position: 8, erasures: 1, deadLetters: 2 });
        await next.close();
      });
    }
  });

  test('what a writer that knew fewer erasures had under way is refused by the server', async () => {
    await onMongo(async ({ url, writer, reader, collections }) => {
      const late = await leaseOf(writer, 'late');
      await writer.commit([commitOf(late, 0, 5, clear)]);
      const changes = [named('a', 6, `${WORD} again`), named('a', 7, 'Ada'), named('z', 6, WORD), named('z', 7, 'Zoe')];
      const rows = await collections.current.find({}, { promoteLongs: false }).toArray();
      const batch = { name: buildName(idOf(build)), layout: layoutOf(deals), changes, erasures: 0, from: 5, commit: 2 };
      const underWay = writesOf(batch, new Map(rows.map((row) => [row._id, row])));
      const lateWriter = await openMongoViewWriter({ url });
      const goOn = await heldUpAt('bulkWrite', () => lateWriter.commit([commitOf(late, 5, 7, { changes })]));
      await writer.leases.release([late]);
      const lease = await leaseOf(writer, 'next');
      await writer.raiseErasures(build, 1, lease);
      const writeLate = async (): Promise<void> => {
        const stamp = { commit: 2, token: late.token, erasures: 0 };
        const waiting = writeDeadLetters(collections.deadLetters, [], [unapplied('a', 6), { key: 'a', position: 4, done: true }], stamp);
        const attempts = [write(collections, underWay), write(collections, { ...underWay, past: [] }), waiting];
        for (const outcome of await Promise.allSettled(attempts)) {
          expect(outcome.status === 'rejected' && isFenced(outcome.reason)).toBe(true);
        }
      };
      await writeLate();
      await writer.commit([commitOf(lease, 5, 7, { changes: [named('z', 6, 'none')], erasures: 1, rewrites })]);
      const outcome = {
        versions: [
          ['a', [version(1, null, 'none')], undefined],
          ['b', [version(2, 4, 'none')], undefined],
          ['c', [version(4, null, 'Cid')], undefined],
          ['z', [version(6, null, 'none')], undefined],
        ],
        deadLetters: [['a', 4, 'none'], ['c', 4, 'no']], // prettier-ignore
      };
      expect(await stored(reader)).toEqual(outcome);
      await writeLate();
      await expect(goOn()).rejects.toThrow(LeaseLost);
      await lateWriter.close();
      expect(await stored(reader)).toEqual(outcome);
      expect(await isStored(url, WORD)).toBe(false);
    });
  });

  test('what an interrupted commit left beyond the checkpoint is told when the build is raised, and rewritten', async () => {
    await onMongo(async ({ url, writer, reader }) => {
      const first = await leaseOf(writer, 'first');
      await writer.commit([commitOf(first, 0, 5, clear)]);
      const changes = [
        named('c', 6, WORD),
        named('c', 7, 'Cid'),
        change('d', 6, { name: WORD }),
        change('d', 7, null),
        named(WORD, 7, 'Eve'),
      ];
      // A retry of dead letters changes documents where the checkpoint stays.
      const retried = [named('a', 4, `${WORD} again`)];
      for (const [batch, name] of [
        [changes, 'bulkWrite'],
        [retried, 'updateOne'],
      ] as const) {
        jest.spyOn(Collection.prototype, 'updateOne').mockRejectedValueOnce(new MongoNetworkError(name));
        const to = batch === changes ? 7 : 5;
        const deadLetters = batch === changes ? [unapplied('e', 7)] : [{ key: 'a', position: 4, done: true as const }];
        await expect(writer.commit([commitOf(first, 5, to, { changes: batch, deadLetters })])).rejects.toThrow(ViewsUnavailable);
        jest.restoreAllMocks();
      }
      await writer.leases.release([first]);
      const lease = await leaseOf(writer, 'next');
      expect(await writer.raiseErasures(build, 1, lease)).toEqual(['a', 'c', 'd', 'e', WORD].sort());
      const others: readonly Rewrite[] = [
        { key: 'c', versions: [named('c', 4, 'Cid')], deadLetters: [unapplied('c', 4, 'no')] },
        ...['d', 'e', WORD].map((key) => ({ key, versions: [], deadLetters: [] })),
      ];
      await writer.commit([commitOf(lease, 5, 7, { erasures: 1, rewrites: [...rewrites, ...others] })]);
      expect(await stored(reader)).toEqual({
        versions: [
          ['a', [version(1, null, 'none')], undefined],
          ['b', [version(2, 4, 'none')], undefined],
          ['c', [version(4, null, 'Cid')], undefined],
        ],
        deadLetters: [['a', 4, 'none'], ['c', 4, 'no']], // prettier-ignore
      });
      expect(await isStored(url, WORD)).toBe(false);
      // Nothing is beyond the checkpoint any more.
      expect(await writer.raiseErasures(build, 2, lease)).toEqual([]);
    });
  });

  test('of a build in partitions: each has to be raised, and none takes commits that know fewer erasures', async () => {
    await onMongo(async ({ url, writer, reader }) => {
      const rebuild = await writer.begin(deals);
      const whole = await leaseOf(writer, 'one');
      await writer.raiseErasures(rebuild, 1, whole);
      await writer.partitioning!.split(rebuild, 2, 10, whole);
      const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
      const leases = [await leaseOf(writer, 'one', 'deals/0'), await leaseOf(writer, 'two', 'deals/1')];
      const partition = (number: number): Build => ({ ...rebuild, partition: number });
      const commit = (number: number, from: number, to: number, parts: Partial<Commit>) =>
        writer.commit([commitOf(leases[number]!, from, to, { build: partition(number), ...parts })]);
      await expect(commit(0, 0, 5, { erasures: 1 })).rejects.toThrow(ErasuresMoved);
      for (const number of [0, 1]) await writer.raiseErasures(partition(number), 1, leases[number]!);
      // Interrupted: what it leaves is told to the partition that has the key.
      const changes = keys.map((key) => named(key, 3, WORD));
      jest.spyOn(Collection.prototype, 'updateOne').mockRejectedValueOnce(new MongoNetworkError('cut off'));
      await expect(commit(0, 0, 5, { erasures: 1, changes })).rejects.toThrow(ViewsUnavailable);
      jest.restoreAllMocks();
      const told = [await writer.raiseErasures(partition(0), 2, leases[0]!)];
      await expect(commit(1, 0, 5, { erasures: 1 })).rejects.toThrow(ErasuresMoved);
      await expect(writer.raiseErasures(partition(1), 1, leases[1]!)).rejects.toThrow(ErasuresMoved);
      told.push(await writer.raiseErasures(partition(1), 2, leases[1]!));
      expect(told.flat().sort()).toEqual(keys);
      expect(told.map(({ length }) => length > 0)).toEqual([true, true]);
      for (const [number, own] of told.entries()) {
        const anew = own.map((key) => ({ key, versions: [named(key, 3, 'none')], deadLetters: [] }));
        await commit(number, 0, 10, { erasures: 2, rewrites: anew });
      }
      expect((await reader.builds()).at(-1)?.partitions).toMatchObject({ positions: [10, 10], erasures: [2, 2] });
      expect(await writer.partitioning!.merge(rebuild, whole)).toBe(true);
      expect((await reader.builds()).at(-1)).toMatchObject({ position: 10, erasures: 2 });
      await writer.commit([commitOf(whole, 10, 11, { build: rebuild, erasures: 2, changes: [named('g', 11, 'Gus')] })]);
      expect(await reader.count(rebuild, {})).toBe(7);
      expect(await isStored(url, WORD)).toBe(false);
    });
  });

  test('a build that is reset begins without erasures again', async () => {
    await onMongo(async ({ url, writer, reader }) => {
      const lease = await leaseOf(writer, 'one');
      await writer.commit([commitOf(lease, 0, 5, clear)]);
      await writer.raiseErasures(build, 1, lease);
      await writer.reset(build, lease);
      expect(await isStored(url, WORD)).toBe(false);
      await writer.commit([commitOf(lease, 0, 1, { changes: [named('a', 1, 'Ana')] })]);
      expect(await reader.count(build, {})).toBe(1);
    });
  });
});
