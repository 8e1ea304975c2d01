/** What differs on a server that is no replica set: it can't read as of one moment, so counts and sums take each document once by themselves. */
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { deduplicated } from '../../src/views/mongo/aggregate-as-of.js';
import { builds } from '../conformance/views/builds.js';
import { filters } from '../conformance/views/filters.js';
import { moments } from '../conformance/views/moments.js';
import { summaries } from '../conformance/views/summaries.js';
import { storesOn } from '../support/engines/mongo-store.js';
import { mongoForTests } from '../support/engines/secantus.js';

jest.setTimeout(240_000);

const server = await mongoForTests({ standalone: true });
afterAll(async () => server?.stop());

(server ? describe : describe.skip)('MongoDB on a standalone server', () => {
  for (const suite of [builds, moments, filters, summaries]) suite(storesOn(server!));

  test('a document that is met twice while an index is read is added up once, as it was met last', async () => {
    const client = new MongoClient(server!.url());
    try {
      const met = [
        { _id: 'a', since: 1, v: { total: 5 }, doc: 'a' },
        { _id: 'b', since: 2, v: { total: 7 }, doc: 'b' },
        { _id: 'a', since: 3, v: { total: 6 }, doc: 'a' },
      ];
      // No collection holds one id twice, so the server is given what a reader of an index may meet.
      const rows = await client
        .db()
        .aggregate([
          { $documents: met },
          ...deduplicated({ 'v.total': 1 }),
          { $group: { _id: null, count: { $sum: 1 }, total: { $sum: '$v.total' } } },
        ])
        .toArray();
      expect(rows).toEqual([{ _id: null, count: 2, total: 13 }]);
    } finally {
      await client.close();
    }
  });
});
