/** Read models on MongoDB come to the same whenever and however often their writer or their server dies, or a late writer goes on. */
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import { Collection, MongoNetworkError } from 'mongodb';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Document } from '../../src/kernel/projection.js';
import { buildName, idOf, noProgress } from '../../src/views/port/build-identity.js';
import type { Build } from '../../src/views/port/builds.js';
import { CheckpointMoved } from '../../src/views/port/errors.js';
import { LeaseLost } from '../../src/leases/errors.js';
import { ViewsUnavailable } from '../../src/views/port/query-errors.js';
import { write, writesOf } from '../../src/views/mongo/apply.js';
import { connect, type Connection } from '../../src/views/mongo/connection.js';
import { collectionsOf, layoutOf } from '../../src/views/mongo/layout.js';
import { writeDeadLetters } from '../../src/views/mongo/dead-letters.js';
import { openMongoViewReader, openMongoViewWriter } from '../../src/views/mongo.js';
import type { DocumentChange } from '../../src/views/port/commits.js';
import type { DocumentHistory } from '../../src/views/port/audit.js';
import type { Lease } from '../../src/leases/port.js';
import type { DeadLetterChange } from '../../src/views/port/dead-letters.js';
import type { ViewReader, ViewWriter } from '../../src/views/port/store.js';
import { change, deals } from '../conformance/views/deals.js';
import { documentsAsOf } from '../conformance/views/naive.js';
import { killChildren, startChild } from '../support/processes/child.js';
import { gathered } from '../support/log/gathered.js';
import { heldUpAt } from '../support/engines/held-up.js';
import { dropDatabase } from '../support/engines/mongo-database.js';
import { mongoForTests } from '../support/engines/secantus.js';

jest.setTimeout(240_000);

const server = await mongoForTests({ durable: true });
const build: Build = { model: deals, number: 1 };
const suite = server ? describe : describe.skip;
afterAll(async () => server?.stop());
afterEach(killChildren);

/** An event that waits, and that it waits no longer. */
const waiting: DeadLetterChange = {
  ...{ key: 'a', position: 1, id: 'e1', type: 'DealChanged', stream: { type: 'deal', id: 'a' }, revision: 0 },
  ...{ error: 'no', attempts: 1, since: '2026-01-01T00:00:00.000Z' },
};
const decided: DeadLetterChange = { key: 'a', position: 1, done: true };

interface Sides {
  readonly url: string;
  readonly writer: ViewWriter;
  readonly reader: ViewReader;
}

/** A store that is dropped after the test. */
async function onMongo(work: (sides: Sides) => Promise<void>): Promise<void> {
  const url = server!.url();
  const [writer, reader] = await Promise.all([openMongoViewWriter({ url }), openMongoViewReader({ url })]);
  try {
    await work({ url, writer, reader });
  } finally {
    await Promise.all([writer.close(), reader.close()]);
    await dropDatabase(url);
  }
}

async function leaseOf(writer: ViewWriter, holder: string, name = 'deals'): Promise<Lease> {
  const [lease] = await writer.leases.acquire([name], holder, 600_000);
  return lease!;
}

/** What the changes of the projector in `project-to-mongo.mjs` are up to a position. */
function changesUpTo(last: number): readonly DocumentChange[] {
  const scores = new Map<string, number>();
  return Array.from({ length: last }, (_, index) => index + 1).flatMap((position) => {
    const key = `k${position % 7}`;
    if (position % 13 === 0) return [];
    if (position % 11 === 0) {
      scores.delete(key);
      return [change(key, position, null)];
    }
    const score = (scores.get(key) ?? 0) + 1;
    scores.set(key, score);
    return [change(key, position, { name: `${key} after ${position}`, score })];
  });
}

/** Each document that ever was with all its versions, oldest first, as a plain reading of the changes has them. */
function historiesOf(changes: readonly DocumentChange[]): readonly DocumentHistory[] {
  const keys = [...new Set(changes.filter(({ document }) => document).map(({ key }) => key))].sort();
  return keys.map((key) => {
    const own = changes.filter((each) => each.key === key);
    const versions = own.flatMap(({ position: since, document }, index) =>
      document ? [{ since, until: own[index + 1]?.position ?? null, document }] : [],
    );
    return { key, versions };
  });
}

/** The store says the same as a plain reading of the changes: every version, and lists and counts as of every position. */
async function expectStoreToHold(reader: ViewReader, changes: readonly DocumentChange[], every = 1): Promise<void> {
  expect(await gathered(reader.scan(build))).toEqual(historiesOf(changes));
  const last = changes.at(-1)?.position ?? 0;
  for (let asOf = 0; asOf <= last; asOf += every) {
    const then = documentsAsOf(changes, asOf);
    const { json } = await reader.list(build, { orderBy: [], first: 100, asOf });
    const listed = (JSON.parse(json) as readonly { readonly key: string; readonly document: Document }[]).map(
      ({ key, document }) => [key, document] as const,
    );
    expect({ asOf, documents: new Map(listed) }).toEqual({ asOf, documents: then });
    expect({ asOf, count: await reader.count(build, { asOf }) }).toEqual({ asOf, count: then.size });
  }
}

suite('on MongoDB', () => {
  test('a projector that is killed after each of its writes in turn leaves what one that was never killed leaves', async () => {
    await onMongo(async ({ url, reader }) => {
      const LAST = 146;
      let runs = 0;
      for (let done = false; !done; runs += 1) {
        const child = startChild('project-to-mongo.mjs', url, JSON.stringify(deals), String(LAST), String(runs < 9 ? runs + 1 : 0));
        await child.ended().then(
          () => {
            done = true;
          },
          () => undefined,
        );
        if (!done && runs > 12) throw new Error('The projector does not come to an end.');
      }
      expect(runs).toBeGreaterThan(8);
      expect(await reader.position(build)).toBe(LAST);
      await expectStoreToHold(reader, changesUpTo(LAST), 10);
      const deadLetters = await reader.deadLetters(build, { first: 100 });
      expect(deadLetters.map(({ first, eventCount }) => [first.position, eventCount])).toEqual([[143, 1]]);
      expect((await reader.builds())[0]?.deadLetters).toBe(1);
    });
  });

  test('what a writer without its lease wrote before it was refused changes nothing in the outcome', async () => {
    await onMongo(async ({ url, writer, reader }) => {
      await writer.begin(deals);
      const late = await leaseOf(writer, 'late');
      const before = [change('a', 1, { score: 1 }), change('b', 2, { score: 1 })];
      await writer.commit([{ build, from: 0, to: 2, changes: before, lease: late, erasures: 0, progress: noProgress }]);
      const further = [
        change('a', 3, { score: 2 }),
        change('b', 4, null),
        change('c', 5, { score: 1 }),
        change('c', 6, null),
        change('a', 7, { score: 3 }),
      ];
      const connection = await connect({ url }, 'writer');
      try {
        const goOn = await lateWriter(connection, further, late);
        await writer.leases.release([late]);
        const lease = await leaseOf(writer, 'next');
        await goOn();
        expect([...(await writer.load(build, ['a', 'b', 'c']))].map(([key, { position }]) => [key, position])).toEqual([
          ['a', 7],
          ['b', 4],
          ['c', 6],
        ]);
        await expectStoreToHold(reader, [...before, ...further]);
        // The next projector goes on from the checkpoint in smaller batches, at first as if it had loaded the documents before.
        await writer.commit([{ build, from: 2, to: 4, changes: further.slice(0, 2), lease, erasures: 0, progress: noProgress }]);
        await expectStoreToHold(reader, [...before, ...further]);
        const rest = [change('b', 8, { score: 9 }), change('a', 9, { score: 4 })];
        await writer.commit([{ build, from: 4, to: 9, changes: [...further.slice(2), ...rest], lease, erasures: 0, progress: noProgress }]);
        await expectStoreToHold(reader, [...before, ...further, ...rest]);
        await goOn();
        await expectStoreToHold(reader, [...before, ...further, ...rest]);
        await expect(
          writer.commit([{ build, from: 9, to: 9, changes: [], lease: late, erasures: 0, progress: noProgress }]),
        ).rejects.toThrow(LeaseLost);
      } finally {
        await connection.client.close();
      }
    });
  });

  test('an event that waits no longer is not brought back by a writer without its lease', async () => {
    await onMongo(async ({ url, writer, reader }) => {
      await writer.begin(deals);
      const late = await leaseOf(writer, 'late');
      await writer.leases.release([late]);
      const lease = await leaseOf(writer, 'next');
      const commit = { build, changes: [], lease, erasures: 0, progress: noProgress };
      await writer.commit([{ ...commit, from: 0, to: 1, deadLetters: [waiting] }]);
      await writer.commit([{ ...commit, from: 1, to: 1, deadLetters: [decided] }]);
      const connection = await connect({ url }, 'writer');
      await writeDeadLetters(collectionsOf(connection.db, build, 0).deadLetters, [], [waiting], {
        commit: 1,
        token: late.token,
        erasures: 0,
      });
      await connection.client.close();
      expect(await reader.deadLetters(build, { first: 10 })).toEqual([]);
      expect(await reader.unappliedEvents(build, 'a', { first: 10 })).toEqual([]);
    });
  });

  test('an event that waits no longer is not brought back by a late write of its partition', async () => {
    await onMongo(async ({ url, writer, reader }) => {
      await writer.begin(deals);
      const rebuild = await writer.begin(deals);
      const partition = { ...rebuild, partition: 0 };
      await writer.partitioning!.split(rebuild, 2, 10, await leaseOf(writer, 'late'));
      const lease = await leaseOf(writer, 'late', 'deals/0');
      const late = await openMongoViewWriter({ url });
      const goOn = await heldUpAt('bulkWrite', () =>
        late.commit([{ build: partition, from: 0, to: 4, changes: [], deadLetters: [waiting], lease, erasures: 0, progress: noProgress }]),
      );
      await writer.leases.release([lease]);
      const next = { build: partition, changes: [], lease: await leaseOf(writer, 'next', 'deals/0'), erasures: 0, progress: noProgress };
      await writer.commit([{ ...next, from: 0, to: 2, deadLetters: [waiting] }]);
      await writer.commit([{ ...next, from: 2, to: 2, deadLetters: [decided] }]);
      await expect(goOn()).rejects.toThrow(LeaseLost);
      await late.close();
      expect(await reader.deadLetters(rebuild, { first: 10 })).toEqual([]);
    });
  });

  test('an event that waits no longer is not brought back by a write that was given up and sent again', async () => {
    await onMongo(async ({ url, writer, reader }) => {
      await writer.begin(deals);
      const commit = { build, changes: [], lease: await leaseOf(writer, 'one'), erasures: 0, progress: noProgress };
      const late = await openMongoViewWriter({ url });
      const goOn = await heldUpAt('bulkWrite', () => late.commit([{ ...commit, from: 0, to: 1, deadLetters: [waiting] }]));
      await writer.commit([{ ...commit, from: 0, to: 1, deadLetters: [waiting] }]);
      await writer.commit([{ ...commit, from: 1, to: 1, deadLetters: [decided] }]);
      await expect(goOn()).rejects.toThrow(CheckpointMoved);
      await late.close();
      expect(await reader.deadLetters(build, { first: 10 })).toEqual([]);
    });
  });

  test.each(['the same projector', 'another one'])(
    'what a commit decided whose checkpoint was not written is counted by %s',
    async (who) => {
      await onMongo(async ({ url, writer, reader }) => {
        await writer.begin(deals);
        const commit = { build, changes: [], lease: await leaseOf(writer, 'one'), erasures: 0, progress: noProgress };
        await writer.commit([{ ...commit, from: 0, to: 1, deadLetters: [waiting] }]);
        await writer.commit([{ ...commit, from: 1, to: 1 }]);
        const deadLetters = async () => (await reader.builds())[0]?.deadLetters;
        expect(await deadLetters()).toBe(1);
        jest.spyOn(Collection.prototype, 'updateOne').mockRejectedValueOnce(new MongoNetworkError('cut off'));
        await expect(writer.commit([{ ...commit, from: 1, to: 1, deadLetters: [decided] }])).rejects.toThrow(ViewsUnavailable);
        jest.restoreAllMocks();
        expect(await reader.deadLetters(build, { first: 10 })).toEqual([]);
        const next = who === 'another one' ? await openMongoViewWriter({ url }) : writer;
        await next.commit([{ ...commit, from: 1, to: 2 }]);
        expect(await deadLetters()).toBe(0);
        if (next !== writer) await next.close();
      });
    },
  );

  test('an event that waits since an earlier program, which did not count commits there, is decided about', async () => {
    await onMongo(async ({ url, writer, reader }) => {
      await writer.begin(deals);
      const lease = await leaseOf(writer, 'one');
      const connection = await connect({ url }, 'writer');
      const row = { _id: '1 a', key: 'a', position: 1, token: lease.token, erasures: 0, done: false, event: JSON.stringify(waiting) };
      await collectionsOf(connection.db, build, 0).deadLetters.insertOne(row);
      await connection.client.close();
      expect(await reader.deadLetters(build, { first: 10 })).toHaveLength(1);
      await writer.commit([{ build, from: 0, to: 1, changes: [], deadLetters: [decided], lease, erasures: 0, progress: noProgress }]);
      expect(await reader.deadLetters(build, { first: 10 })).toEqual([]);
    });
  });

  test('a scan between the two writes of a commit tells each version once, as far as it is written', async () => {
    await onMongo(async ({ url, writer, reader }) => {
      await writer.begin(deals);
      const lease = await leaseOf(writer, 'one');
      const [first, second] = [change('a', 1, { score: 1 }), change('a', 3, { score: 2 })];
      await writer.commit([{ build, from: 0, to: 2, changes: [first], lease, erasures: 0, progress: noProgress }]);
      const connection = await connect({ url }, 'writer');
      const collections = collectionsOf(connection.db, build, 0);
      const rows = await collections.current.find({}, { promoteLongs: false }).toArray();
      const batch = { name: buildName(idOf(build)), layout: layoutOf(deals), changes: [second], erasures: 0, from: 2, commit: 2 };
      const writes = writesOf(batch, new Map(rows.map((row) => [row._id, row])));
      await write(collections, { ...writes, current: [] });
      await connection.client.close();
      const superseded = [{ key: 'a', versions: [{ since: 1, until: 3, document: first.document }] }];
      expect(await gathered(reader.scan(build))).toEqual(superseded);
      expect(await reader.histories(build, ['a'])).toEqual(superseded);
      await writer.commit([{ build, from: 2, to: 3, changes: [second], lease, erasures: 0, progress: noProgress }]);
      expect(await gathered(reader.scan(build))).toEqual(historiesOf([first, second]));
    });
  });

  test('counts and summaries as of a moment do not waver while documents are superseded', async () => {
    await onMongo(async ({ writer, reader }) => {
      await writer.begin(deals);
      const lease = await leaseOf(writer, 'one');
      const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
      let position = 0;
      const commit = async (score: number) => {
        const changes = keys.map((key, index) => change(key, position + index + 1, { score }));
        await writer.commit([{ build, from: position, to: position + keys.length, changes, lease, erasures: 0, progress: noProgress }]);
        position += keys.length;
      };
      await commit(1);
      await writer.finalize(build, lease);
      const asOf = position;
      let writing = true;
      const written = (async () => {
        for (let score = 2; writing; score += 1) await commit(score);
      })();
      for (let round = 0; round < 15; round += 1) {
        expect(await reader.count(build, { asOf })).toBe(keys.length);
        expect(await reader.summarise(build, { groupBy: ['stage'], measures: ['score'], asOf })).toEqual([
          { by: { stage: 'open' }, count: keys.length, measures: { score: keys.length } },
        ]);
      }
      writing = false;
      await written;
    });
  });
});

(server?.restart ? describe : describe.skip)('on a server of its own', () => {
  test('a server that is killed again and again loses nothing that a projector was told was written', async () => {
    await onMongo(async ({ writer, reader }) => {
      await writer.begin(deals);
      const lease = await leaseOf(writer, 'one');
      const LAST = 120;
      const changes = changesUpTo(LAST);
      let [kills, failures] = [0, 0];
      const killing = (async () => {
        // One that is killed between two of its answers is waited for: at least one has to be met in the middle.
        for (; kills < 3 || failures === 0; kills += 1) {
          await sleep(400);
          await server!.restart!();
        }
      })();
      let at = 0;
      while (at < LAST || kills < 3 || failures === 0) {
        await sleep(20);
        try {
          const from = (await writer.builds())[0]!.position;
          const to = Math.min(from + 4, LAST);
          const batch = changes.filter(({ position }) => position > from && position <= to);
          await writer.commit([{ build, from, to, changes: batch, lease, erasures: 0, progress: noProgress }]);
          at = to;
        } catch (error) {
          expect(error).toBeInstanceOf(ViewsUnavailable);
          failures += 1;
        }
      }
      await killing;
      expect(await reader.position(build)).toBe(LAST);
      await expectStoreToHold(reader, changes, 10);
    });
  });
});

/** What a writer writes between the checks at the beginning of a commit and its checkpoint; it can be done again and again. */
async function lateWriter(connection: Connection, changes: readonly DocumentChange[], { token }: Lease): Promise<() => Promise<void>> {
  const collections = collectionsOf(connection.db, build, 0);
  const rows = await collections.current.find({}, { promoteLongs: false }).toArray();
  const batch = { name: buildName(idOf(build)), layout: layoutOf(deals), changes, erasures: 0, from: 2, commit: 2 };
  const writes = writesOf(batch, new Map(rows.map((row) => [row._id, row])));
  return async () => {
    await write(collections, writes);
    await writeDeadLetters(collections.deadLetters, [], [], { commit: 2, token, erasures: 0 });
  };
}
