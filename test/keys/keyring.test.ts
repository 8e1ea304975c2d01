import { afterEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { openEmbeddedKeyStore } from '../../src/keys/embedded.js';
import { openKeyring, type Keyring, type KeyringOptions } from '../../src/keys/keyring.js';
import { masterKeyInFile } from '../../src/keys/master-source.js';
import { folderPerTest } from '../support/folder.js';

const folder = folderPerTest();
const opened: Keyring[] = [];
afterEach(async () => {
  for (const keyring of opened.splice(0)) await keyring.close();
});

const LOG = '6f1c0f0e-1f5a-4a43-9a57-d0d5a2a3c001';

async function open(options: Partial<KeyringOptions> = {}): Promise<Keyring> {
  const keyring = await openKeyring({
    store: await openEmbeddedKeyStore({ file: join(folder.path, 'keys.db'), create: options.create ?? true }),
    master: masterKeyInFile(join(folder.path, 'master.key')),
    logId: LOG,
    create: true,
    ...options,
  });
  opened.push(keyring);
  return keyring;
}

describe('a keyring', () => {
  test('gives each key once, and finds it after a restart', async () => {
    const first = await open();
    const keys = await Promise.all(Array.from({ length: 600 }, () => first.take()));
    expect(new Set(keys.map(({ k }) => k)).size).toBe(600);
    expect(new Set(keys.map(({ key }) => key.toString('hex'))).size).toBe(600);
    await first.close();
    const second = await open({ create: false });
    expect(second.logKey).toEqual(first.logKey);
    expect(await second.load(keys.map(({ k }) => k))).toEqual(new Map(keys.map(({ k, key }) => [k, key])));
  });

  test('gives a key that was given back to somebody else', async () => {
    const keyring = await open();
    const key = await keyring.take();
    keyring.giveBack(key);
    const others = await Promise.all(Array.from({ length: 256 }, () => keyring.take()));
    expect(others.filter(({ k }) => k === key.k)).toEqual([key]);
  });

  test('drops keys for good', async () => {
    const keyring = await open();
    const [gone, kept] = [await keyring.take(), await keyring.take()];
    await keyring.drop([gone.k]);
    await keyring.drop([gone.k]);
    expect([...(await keyring.load([gone.k, kept.k])).keys()]).toEqual([kept.k]);
    const other = await open();
    expect([...(await other.load([gone.k, kept.k])).keys()]).toEqual([kept.k]);
  });

  test('loads whole pages, however few keys it caches', async () => {
    const keyring = await open({ cached: 3 });
    const keys = await Promise.all(Array.from({ length: 20 }, () => keyring.take()));
    const page = await keyring.load(keys.map(({ k }) => k));
    expect(page.size).toBe(20);
  });

  test('notes up to where erasures were applied, and never goes back', async () => {
    const [one, other] = [await open(), await open()];
    expect(await one.erasuresAppliedTo()).toBe(0);
    await Promise.all([one.noteErasures(7), other.noteErasures(12), one.noteErasures(9)]);
    await other.noteErasures(3);
    expect(await one.erasuresAppliedTo()).toBe(12);
  });
});
