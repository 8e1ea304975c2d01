/** The master key is rotated, killed anywhere, while others go on; afterwards everything opens, and what was dropped stays dropped. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { copyFileSync, existsSync, linkSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { masterSource, openKeys, openKeyStore } from '../../src/engines.js';
import type { Key, Keyring } from '../../src/keys/keyring.js';
import { KeysUnavailable } from '../../src/keys/port.js';
import { rotateMasterKey } from '../../src/keys/rotation.js';
import { folderPerTest } from '../support/folder.js';
import { startChild } from '../support/processes/child.js';

jest.setTimeout(120_000);

const LOG = '6f1c0f0e-1f5a-4a43-9a57-d0d5a2a3c001';
const folder = folderPerTest();
const opened: Keyring[] = [];
afterEach(async () => {
  for (const keyring of opened.splice(0)) await keyring.close();
});

async function open(settings: object = {}): Promise<Keyring> {
  const keyring = await openKeys({ dataDir: folder.path, ...settings }, { logId: LOG, create: true });
  opened.push(keyring);
  return keyring;
}

async function rotate(settings: object = {}) {
  const place = { dataDir: folder.path, ...settings };
  const store = await openKeyStore(place, { create: false });
  try {
    return await rotateMasterKey(store, { source: await masterSource(place) });
  } finally {
    await store.close();
  }
}

async function taken(keyring: Keyring, count: number): Promise<readonly Key[]> {
  return Promise.all(Array.from({ length: count }, () => keyring.take()));
}

const masterFile = () => join(folder.keys, 'master.key');
const files = () => readdirSync(folder.keys).filter((name) => name.startsWith('master.key'));
/** The bytes of all files of the keys. */
const bytes = () => Buffer.concat(readdirSync(folder.keys).map((name) => readFileSync(join(folder.keys, name))));

async function expectAll(keyring: Keyring, keys: readonly Key[]): Promise<void> {
  expect(await keyring.load(keys.map(({ k }) => k))).toEqual(new Map(keys.map(({ k, key }) => [k, key])));
}

async function storedBytes(ids: readonly string[]): Promise<readonly Buffer[]> {
  const store = await openKeyStore({ dataDir: folder.path }, { create: false });
  const rows = await store.find(ids);
  await store.close();
  return rows.map(({ wrapped }) => Buffer.from(wrapped));
}

describe('a rotation of the master key', () => {
  test('leaves every key as it was, and nothing of the previous master key or of former rows in the files', async () => {
    const keyring = await open();
    const keys = await taken(keyring, 700);
    const before = await storedBytes(keys.map(({ k }) => k));
    const previous = readFileSync(masterFile());
    const { keys: wrapped, fingerprint, foreign } = await rotate();
    expect({ wrapped, foreign }).toEqual({ wrapped: 3 * 256 + 1, foreign: 0 });
    expect(files()).toEqual(['master.key']);
    const left = bytes();
    expect(before.filter((row) => left.includes(row))).toEqual([]);
    expect(left.includes(previous)).toBe(false);
    const later = await open();
    await expectAll(later, keys);
    expect(later.logKey).toEqual(keyring.logKey);
    expect((await masterSource({ dataDir: folder.path })).read().map((master) => master.fingerprint)).toEqual([fingerprint]);
  });

  test('keeps dropped keys dropped, and nothing of them in the files', async () => {
    const keyring = await open();
    const keys = await taken(keyring, 600);
    const gone = keys.filter((_, index) => index % 3 === 0);
    const rows = await storedBytes(gone.map(({ k }) => k));
    await keyring.drop(gone.map(({ k }) => k));
    await rotate();
    expect(rows.filter((row) => bytes().includes(row))).toEqual([]);
    expect((await (await open()).load(gone.map(({ k }) => k))).size).toBe(0);
  });

  test('does not stop a server that makes, loads and drops keys meanwhile', async () => {
    const [server, reader] = [await open(), await open()];
    const keys: Key[] = [...(await taken(server, 500))];
    const dropped = keys.splice(0, 100);
    let rotating = true;
    const rotations = (async () => {
      for (let n = 0; n < 3; n += 1) await rotate();
      rotating = false;
    })();
    while (rotating) {
      keys.push(...(await taken(server, 300)));
      await expectAll(reader, keys.slice(-50));
      await server.drop(dropped.splice(0, 1).map(({ k }) => k));
    }
    await rotations;
    keys.push(...(await taken(server, 10)));
    await expectAll(await open(), keys);
    await expectAll(server, keys);
  });

  test('that is killed at any call of the store is completed by the next one', async () => {
    const keyring = await open();
    const keys = [...(await taken(keyring, 1_100))];
    const gone = keys.slice(0, 50);
    await keyring.drop(gone.map(({ k }) => k));
    for (let call = 1, done = false; !done; call += 1) {
      const child = startChild('rotate-keys.mjs', folder.path, String(call));
      await child.ended().catch(() => undefined);
      done = child.lines.includes('done');
      // A server starts on what is left, and one that ran goes on.
      await expectAll(await open(), keys.slice(50));
      keys.push(...(await taken(keyring, 2)));
    }
    await rotate();
    expect(files()).toEqual(['master.key']);
    const later = await open();
    await expectAll(later, keys.slice(50));
    expect((await later.load(gone.map(({ k }) => k))).size).toBe(0);
  });

  test.each([
    ['before the next one took its place', () => linkSync(masterFile(), `${masterFile()}.previous`)],
    [
      'before the previous one was destroyed',
      () => {
        linkSync(masterFile(), `${masterFile()}.previous`);
        renameSync(`${masterFile()}.next`, masterFile());
      },
    ],
    [
      'after the previous one was overwritten',
      () => {
        renameSync(`${masterFile()}.next`, masterFile());
        writeFileSync(`${masterFile()}.previous`, Buffer.alloc(45));
        writeFileSync(`${masterFile()}.1-abc.tmp`, 'a file that was being made');
      },
    ],
  ])('that is killed %s is completed by the next one', async (_, stopThere) => {
    const keys = await taken(await open(), 10);
    const previous = readFileSync(masterFile());
    // All is done but the last step.
    const place = { dataDir: folder.path };
    const source = await masterSource(place);
    const store = await openKeyStore(place, { create: false });
    await expect(
      rotateMasterKey(store, {
        source: {
          ...source,
          rotate: (fingerprint) => ({
            ...source.rotate(fingerprint),
            complete: () => {
              throw new Error('killed');
            },
          }),
        },
      }),
    ).rejects.toThrow('killed');
    await store.close();
    stopThere();
    await expectAll(await open(), keys);
    const { fingerprint, keys: wrapped } = await rotate();
    expect(wrapped).toBe(0);
    expect(files()).toEqual(['master.key']);
    expect(bytes().includes(previous)).toBe(false);
    expect(source.read().map((master) => master.fingerprint)).toEqual([fingerprint]);
    await expectAll(await open(), keys);
  });

  test('is made by one process at a time', async () => {
    await open();
    const source = await masterSource({ dataDir: folder.path });
    const [master] = source.read();
    const first = source.rotate(master!.fingerprint);
    await expect(rotate()).rejects.toThrow(/Another process rotates/);
    first.end();
    await rotate();
  });

  test('of a master key that is a setting needs the next one, and leaves both to whoever set them', async () => {
    const [one, two] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 2).toString('base64')];
    const keys = [...(await taken(await open({ masterKey: one }), 10))];
    await expect(rotate({ masterKey: one })).rejects.toThrow(/DAYBOOK_NEXT_MASTER_KEY/);
    const both = { masterKey: one, nextMasterKey: two };
    const running = await open(both);
    await rotate(both);
    await expect(open({ masterKey: one })).rejects.toThrow(KeysUnavailable);
    keys.push(...(await taken(running, 10)));
    await expectAll(await open(both), keys);
    await expectAll(await open({ masterKey: two }), keys);
    expect(existsSync(masterFile())).toBe(false);
  });

  test('makes a copy of the keys from before it useless, with the new master key', async () => {
    const keyring = await open();
    await taken(keyring, 1);
    await keyring.close();
    copyFileSync(join(folder.keys, 'keys.db'), join(folder.path, 'copy.db'));
    await rotate();
    renameSync(join(folder.path, 'copy.db'), join(folder.keys, 'keys.db'));
    await expect(open()).rejects.toThrow(/Restore the master key that belongs to this key store/);
  });
});
