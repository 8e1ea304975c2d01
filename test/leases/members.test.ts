/** Processes come and go, and the store does not grow with them: of each that projected something is kept only while it is there. */
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { MongoClient } from 'mongodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { LeaseKeeper } from '../../src/leases/keeper.js';
import { openEmbeddedViewWriter } from '../../src/views/embedded.js';
import { memberOf } from '../../src/leases/members.js';
import { openMongoViewWriter } from '../../src/views/mongo.js';
import type { ViewWriter } from '../../src/views/port/store.js';
import { temporaryFolder } from '../support/folder.js';
import { dropDatabase } from '../support/engines/mongo-database.js';
import { mongoForTests } from '../support/engines/secantus.js';

jest.setTimeout(120_000);

const server = await mongoForTests();
afterAll(async () => server?.stop());

/** Some that end in peace, some that die, and one that comes after them and stays. */
async function comeAndGo(store: ViewWriter): Promise<void> {
  const keeper = (holder: string): LeaseKeeper =>
    new LeaseKeeper({ store: store.leases, names: () => ['a', 'b'], holder, spread: true, onChange: () => undefined });
  for (let count = 0; count < 5; count++) {
    const peaceful = keeper(`peaceful ${count}`);
    await peaceful.renew();
    await peaceful.release();
    await store.leases.acquire([memberOf(`dying ${count}`)], `dying ${count}`, 1);
  }
  await sleep(20);
  await keeper('the last').renew();
}

const kept = ['a', 'b', 'member the last'];

describe('what a store keeps of those that projected', () => {
  it('is of those that are there, in a file', async () => {
    const folder = temporaryFolder();
    const store = await openEmbeddedViewWriter({ file: folder.views });
    try {
      await comeAndGo(store);
    } finally {
      await store.close();
    }
    const file = new DatabaseSync(folder.views);
    expect(file.prepare('SELECT name FROM leases ORDER BY name').all()).toEqual(kept.map((name) => ({ name })));
    file.close();
    folder.remove();
  });

  (server ? it : it.skip)('is of those that are there, on MongoDB', async () => {
    const url = server!.url();
    const store = await openMongoViewWriter({ url });
    const client = new MongoClient(url);
    try {
      await comeAndGo(store);
      const names = await client.db().collection('register').find().sort({ _id: 1 }).project({ _id: 1 }).toArray();
      expect(names).toEqual(kept.map((_id) => ({ _id })));
    } finally {
      await Promise.all([client.close(), store.close()]);
      await dropDatabase(url);
    }
  });
});
