/** The first start, and starts on what must not be used: a store of another log, another master key, a file that is none, a missing disk. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openKeys } from '../../src/engines.js';
import { openEmbeddedKeyStore } from '../../src/keys/embedded.js';
import { openKeyring, type Key, type Keyring } from '../../src/keys/keyring.js';
import { masterKeyInFile } from '../../src/keys/master-source.js';
import { KeysUnavailable } from '../../src/keys/port.js';
import { folderPerTest } from '../support/folder.js';
import { startChild } from '../support/processes/child.js';

jest.setTimeout(60_000);

const [LOG, OTHER] = ['6f1c0f0e-1f5a-4a43-9a57-d0d5a2a3c001', '0d9a3b52-3a61-4f0e-8f0d-5d1c3f1f2b02'];
const folder = folderPerTest();
const opened: Keyring[] = [];
afterEach(async () => {
  for (const keyring of opened.splice(0)) await keyring.close();
});

async function open({ logId = LOG, create = true, ...settings }: { logId?: string; create?: boolean; [setting: string]: unknown } = {}) {
  const keyring = await openKeys({ dataDir: folder.path, ...settings }, { logId, create });
  opened.push(keyring);
  return keyring;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const failure = await work.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason as Error,
  );
  expect(failure).toBeInstanceOf(KeysUnavailable);
  return failure.message;
}

const masterFile = () => join(folder.keys, 'master.key');
const storeFile = () => join(folder.keys, 'keys.db');

describe('the first start', () => {
  test('makes a store and a master key that are the owner’s alone', async () => {
    await open();
    expect(statSync(masterFile()).mode & 0o777).toBe(0o600);
    expect(statSync(folder.keys).mode & 0o777).toBe(0o700);
    expect(readFileSync(masterFile(), 'utf8')).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
  });

  test('of several processes at once makes one master key and one key of the log, and no key twice', async () => {
    for (let round = 0; round < 5; round += 1) {
      const place = join(folder.path, `data${round}`);
      const children = Array.from({ length: 4 }, () => startChild('open-keys.mjs', place, LOG, '300'));
      await Promise.all(children.map((child) => child.ended()));
      const found = children.map(
        ({ lines }) => JSON.parse(lines[0] ?? '') as { readonly logKey: string; readonly keys: readonly [string, string][] },
      );
      expect(new Set(found.map(({ logKey }) => logKey)).size).toBe(1);
      const keys = found.flatMap((each) => each.keys);
      expect(new Set(keys.map(([k]) => k)).size).toBe(1_200);
      expect(readdirSync(`${place}-keys`).filter((name) => name.startsWith('master'))).toEqual(['master.key']);
      const all = await (await open({ dataDir: place, create: false })).load(keys.map(([k]) => k));
      expect([...all].map(([k, key]) => [k, key.toString('hex')]).sort()).toEqual([...keys].sort());
    }
  });

  test('that stopped in the middle is completed by the next one', async () => {
    await (await openEmbeddedKeyStore({ file: storeFile(), create: true })).close();
    const first = await open();
    expect(first.logKey).toHaveLength(32);
  });

  test('is refused when the log has sealed events: their keys are elsewhere', async () => {
    expect(await refusal(open({ create: false }))).toMatch(/does not exist.*Mount its disk.*DAYBOOK_KEYS_URL/);
    expect(existsSync(folder.keys)).toBe(false);
    await (await openEmbeddedKeyStore({ file: storeFile(), create: true })).close();
    expect(await refusal(open({ create: false }))).toMatch(/holds no keys.*backup.*DAYBOOK_KEYS_URL/);
    expect(existsSync(masterFile())).toBe(false);
  });
});

describe('a start', () => {
  test('on the store of another log is refused, and changes nothing', async () => {
    const key = await (await open()).take();
    expect(await refusal(open({ logId: OTHER }))).toMatch(new RegExp(`another log: ${LOG}, not ${OTHER}`));
    expect((await (await open()).load([key.k])).size).toBe(1);
  });

  test('with another master key is refused, and so is one without', async () => {
    await open();
    const kept = join(folder.path, 'kept.key');
    renameSync(masterFile(), kept);
    expect(await refusal(open())).toMatch(/in .*master\.key there is none.*can never be opened/);
    expect(existsSync(masterFile())).toBe(false);
    const other = Buffer.alloc(32, 7).toString('base64');
    expect(await refusal(open({ masterKey: other }))).toMatch(
      /wrapped by the master key with the fingerprint [0-9a-f]{16}, but in DAYBOOK_MASTER_KEY it is/,
    );
    await open({ masterKeyFile: kept });
  });

  test('takes a master key with blanks and line ends around it', async () => {
    const keyring = await open();
    writeFileSync(masterFile(), `\r\n ${readFileSync(masterFile(), 'utf8')}\r\n\n`);
    expect((await open()).logKey).toEqual(keyring.logKey);
    await open({ masterKey: `${readFileSync(masterFile(), 'utf8')}\n` });
  });

  test.each([
    ['empty', () => ''],
    ['cut', (text: string) => text.slice(0, 30)],
    ['cut by a byte', (text: string) => Buffer.from(text, 'base64').subarray(1).toString('base64')],
    ['of two keys', (text: string) => text + text],
    ['in hexadecimal digits', (text: string) => Buffer.from(text, 'base64').toString('hex')],
  ])('on a master key that is %s is refused, without the key in the message', async (_, damage) => {
    await open();
    const damaged = damage(readFileSync(masterFile(), 'utf8'));
    writeFileSync(masterFile(), damaged);
    const message = await refusal(open());
    expect(message).toContain(`${masterFile()} holds no master key: expected 32 bytes as base64 text`);
    if (damaged !== '') expect(message).not.toContain(damaged.trim().slice(0, 8));
  });

  test('on a master key that others can read is refused until they can’t', async () => {
    await open();
    for (const mode of [0o644, 0o660, 0o602]) {
      chmodSync(masterFile(), mode);
      expect(await refusal(open())).toMatch(/Others can read or change .*chmod 600/);
    }
    for (const mode of [0o600, 0o400, 0o440]) {
      chmodSync(masterFile(), mode);
      await open();
    }
  });

  test.each([
    ['a file in place of the folder', () => writeFileSync(folder.keys, ''), /does not exist, or access is denied/],
    [
      'another file in place of the store',
      () => writeFileSync(join(mkdirs(), 'keys.db'), 'not a database. '.repeat(1_000)),
      /not Daybook's key store/,
    ],
    ['a folder in place of the master key', () => mkdirSync(join(mkdirs(), 'master.key')), /master\.key can't be read: EISDIR/],
  ])('on %s is refused', async (_, make, message) => {
    make();
    expect(await refusal(open())).toMatch(message);
  });

  test('on a damaged store is refused', async () => {
    await (await open()).close();
    truncateSync(storeFile(), 3_000);
    expect(await refusal(open())).toMatch(/is damaged.*Restore it from a backup/);
  });

  test('on a log’s file in place of the store is refused', async () => {
    const { openLog } = await import('../../src/engines.js');
    await (await openLog({ dataDir: folder.path })).close();
    mkdirs();
    renameSync(folder.events, storeFile());
    expect(await refusal(open())).toMatch(/not Daybook's key store/);
  });
});

test('a full disk is told, no key is given that is not stored, and the keys that are there still open', async () => {
  const store = await openEmbeddedKeyStore({ file: storeFile(), create: true, maxPages: 40 });
  const keyring = await openKeyring({ store, master: masterKeyInFile(masterFile()), logId: LOG, create: true });
  const keys: Key[] = [];
  let message = '';
  while (message === '') {
    await keyring.take().then(
      (key) => keys.push(key),
      (failure: unknown) => {
        message = (failure as Error).message;
        expect(failure).toBeInstanceOf(KeysUnavailable);
      },
    );
  }
  expect(message).toMatch(/disk of the key store .* is full/);
  await keyring.close();
  const ids = keys.map(({ k }) => k);
  expect((await (await open()).load(ids)).size).toBe(ids.length);
});

test('a wrapped key that was changed, cut, or put in the place of another is refused by its id', async () => {
  const keyring = await open();
  const [one, two] = [await keyring.take(), await keyring.take()];
  const store = await openEmbeddedKeyStore({ file: storeFile(), create: false });
  const [row] = await store.find([two.k]);
  const wrapped = Buffer.from(row!.wrapped);
  const flipped = Buffer.from(wrapped);
  flipped[20]! ^= 1;
  for (const bad of [wrapped, flipped, wrapped.subarray(0, -1), Buffer.concat([Buffer.of(2), wrapped.subarray(1)]), Buffer.alloc(0)]) {
    await store.replace([{ ...row!, k: one.k, wrapped: bad }]);
    expect(await refusal((await open()).load([one.k]))).toContain(`The key ${one.k} of the key store can't be unwrapped`);
  }
  await store.close();
});

/** Makes the folder of keys. */
function mkdirs(): string {
  rmSync(folder.keys, { recursive: true, force: true });
  mkdirSync(folder.keys);
  return folder.keys;
}
