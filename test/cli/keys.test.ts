/** `daybook keys` and `daybook keys rotate`. */
import { describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openKeys } from '../../src/engines.js';
import { commandLine } from '../support/processes/command-line.js';
import { folderPerTest } from '../support/folder.js';

const LOG = '6f1c0f0e-1f5a-4a43-9a57-d0d5a2a3c001';
const folder = folderPerTest();
const daybook = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => commandLine(folder, args, environment);
const dataDir = () => join(folder.path, 'data');
const keysFolder = () => join(folder.path, 'data-keys');

/** Makes the keys, and notes erasures up to 7. */
async function started(settings: object = {}): Promise<void> {
  const keyring = await openKeys({ dataDir: dataDir(), ...settings }, { logId: LOG, create: true });
  await keyring.take();
  await keyring.noteErasures(7);
  await keyring.close();
}

describe('daybook keys', () => {
  test('shows where they are, how many, whose, and under which master key', async () => {
    await started();
    const { code, out } = await daybook(['keys']);
    expect(code).toBe(0);
    expect(out).toMatch(/^keys +1$/m);
    expect(out).toMatch(/^erasures applied to +7$/m);
    const { out: json } = await daybook(['keys', '--json']);
    expect(JSON.parse(json)).toEqual({
      place: keysFolder(),
      keys: 1,
      masterKey: { place: join(keysFolder(), 'master.key'), fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) },
      log: LOG,
      erasuresAppliedTo: 7,
    });
  });

  test('refuses where there are none, and makes none', async () => {
    for (const args of [['keys'], ['keys', 'rotate']]) {
      const { code, out, err } = await daybook(args);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/data-keys\/keys\.db does not exist/);
    }
    mkdirSync(keysFolder());
    await daybook(['keys']);
    expect(existsSync(join(keysFolder(), 'keys.db'))).toBe(false);
  });

  test('fails when the master key is not the one that wraps them, and says which is needed', async () => {
    await started();
    rmSync(join(keysFolder(), 'master.key'));
    const { code, err } = await daybook(['keys']);
    expect(code).toBe(1);
    expect(err).toMatch(/fingerprint [0-9a-f]{16}, but in .*master\.key there is none/);
  });

  test('rotates the master key, in a file', async () => {
    await started();
    const before = JSON.parse((await daybook(['keys', '--json'])).out) as { masterKey: { fingerprint: string } };
    const { code, out } = await daybook(['keys', 'rotate', '--json']);
    expect(code).toBe(0);
    const rotated = JSON.parse(out) as { masterKey: { fingerprint: string } };
    expect(rotated).toMatchObject({ keys: 2, foreign: 0 });
    expect(rotated.masterKey.fingerprint).not.toBe(before.masterKey.fingerprint);
    expect(JSON.parse((await daybook(['keys', '--json'])).out)).toMatchObject({ masterKey: rotated.masterKey, keys: 1 });
  });

  test('rotates the master key of a setting, and never shows one', async () => {
    const [one, two] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 2).toString('base64')];
    await started({ masterKey: one });
    const alone = await daybook(['keys', 'rotate'], { DAYBOOK_MASTER_KEY: one });
    expect(alone).toMatchObject({ code: 1, err: expect.stringContaining('DAYBOOK_NEXT_MASTER_KEY') });
    const both = { DAYBOOK_MASTER_KEY: one, DAYBOOK_NEXT_MASTER_KEY: two };
    const answers = [
      await daybook(['keys', 'rotate'], both),
      await daybook(['keys'], { DAYBOOK_MASTER_KEY: two }),
      await daybook(['config'], both),
      await daybook(['config'], { DAYBOOK_MASTER_KEY: one.slice(2) }),
      await daybook(['keys'], { DAYBOOK_MASTER_KEY: one }),
    ];
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 0, 1, 1]);
    expect(answers[0]?.out).toContain('remove DAYBOOK_NEXT_MASTER_KEY');
    expect(answers[2]?.out).toContain('masterKey = (set, not shown)');
    expect(answers[3]?.err).toContain('DAYBOOK_MASTER_KEY: expected 32 bytes as base64 text');
    for (const { out, err } of answers) for (const secret of [one, two]) expect(out + err).not.toContain(secret.slice(2, 20));
  });
});

test.each([
  [{ DAYBOOK_KEYS_URL: 'data/keys', DAYBOOK_DATA_DIR: 'data' }, 'is in the data folder'],
  [{ DAYBOOK_KEYS_URL: 'mongodb://host:27017' }, 'a connection string that names a database'],
  [{ DAYBOOK_MASTER_KEY_FILE: 'm', DAYBOOK_MASTER_KEY: Buffer.alloc(32).toString('base64') }, 'give the master key or its file'],
  [{ DAYBOOK_NEXT_MASTER_KEY: Buffer.alloc(32).toString('base64') }, 'expected only with masterKey'],
])('%j is refused', async (environment, message) => {
  const { code, err } = await daybook(['config'], environment);
  expect(code).toBe(1);
  expect(err).toContain(message);
});
