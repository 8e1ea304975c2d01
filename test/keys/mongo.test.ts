/** Keys on MongoDB: beside the read models unless set otherwise, shared by several processes, and what people are told when it fails. */
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { inspect } from 'node:util';
import { masterSource, openKeys, openKeyStore } from '../../src/engines.js';
import type { Key, Keyring } from '../../src/keys/keyring.js';
import { openMongoKeyStore } from '../../src/keys/mongo.js';
import { KeysUnavailable } from '../../src/keys/port.js';
import { rotateMasterKey } from '../../src/keys/rotation.js';
import { dropDatabase } from '../support/engines/mongo-database.js';
import { mongoForTests } from '../support/engines/secantus.js';
import { folderPerTest } from '../support/folder.js';

jest.setTimeout(120_000);

const LOG = '6f1c0f0e-1f5a-4a43-9a57-d0d5a2a3c001';
const SECRET = 'hunter2';
const folder = folderPerTest();
const opened: Keyring[] = [];
afterEach(async () => {
  for (const keyring of opened.splice(0)) await keyring.close();
});

const server = await mongoForTests();
afterAll(async () => server?.stop());

test.each([`mongodb://me:${SECRET}@host:port/x`, `mongodb://me:${SECRET}@127.0.0.1:1/crm_keys`])(
  'an address that leads to no server is refused in words that do not repeat its password',
  async (url) => {
    const failure = await openMongoKeyStore({ url }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(failure).toBeInstanceOf(KeysUnavailable);
    expect((failure as Error).message).toMatch(/of the keys|for the keys/);
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain(SECRET);
  },
);

(server ? describe : describe.skip)('keys on MongoDB', () => {
  const url = server?.url() ?? '';
  const keysUrl = url.replace(/(\w)(\?|$)/, '$1_keys$2');
  afterEach(() => dropDatabase(keysUrl));

  async function open(settings: object): Promise<Keyring> {
    const keyring = await openKeys({ dataDir: folder.path, viewsUrl: url, ...settings }, { logId: LOG, create: true });
    opened.push(keyring);
    return keyring;
  }

  test('are in a database beside the read models, and can be named by their own address', async () => {
    const keyring = await open({});
    const key = await keyring.take();
    expect((await (await open({ viewsUrl: 'embedded', keysUrl })).load([key.k])).get(key.k)).toEqual(key.key);
    const client = new MongoClient(url);
    expect(await client.db().collections()).toEqual([]);
    await client.close();
  });

  test('of two machines that start at once have one master key: the other is refused', async () => {
    const settings = [1, 2].map((n) => ({ masterKey: Buffer.alloc(32, n).toString('base64') }));
    const started = await Promise.allSettled(settings.map(open));
    expect(started.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = started.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toBeInstanceOf(KeysUnavailable);
  });

  test('are refused when there are none though the log has sealed events', async () => {
    const opening = openKeys({ dataDir: folder.path, viewsUrl: url }, { logId: LOG, create: false });
    await expect(opening).rejects.toThrow(/holds no keys.*DAYBOOK_KEYS_URL/);
  });

  test('are rotated while several processes make, load and drop keys', async () => {
    const [one, other] = [await open({}), await open({})];
    const keys: Key[] = [];
    const gone: string[] = [];
    const working = (async () => {
      for (let round = 0; round < 4; round += 1) {
        for (const keyring of [one, other]) keys.push(...(await Promise.all(Array.from({ length: 100 }, () => keyring.take()))));
        const dropped = keys.splice(0, 2).map(({ k }) => k);
        await one.drop(dropped);
        gone.push(...dropped);
      }
    })();
    const place = { dataDir: folder.path, viewsUrl: url };
    const store = await openKeyStore(place, { create: false });
    const rotated = await rotateMasterKey(store, { source: await masterSource(place) });
    await working;
    const rows = await store.list('', 10_000);
    expect(new Set(rows.map(({ master }) => master))).toEqual(new Set([rotated.fingerprint]));
    await store.close();
    const later = await open({});
    expect(await later.load(keys.map(({ k }) => k))).toEqual(new Map(keys.map(({ k, key }) => [k, key])));
    expect((await later.load(gone)).size).toBe(0);
  });
});
