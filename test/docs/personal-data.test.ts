/** The commands of docs/personal-data.md work, in the order of the page. */
import { afterEach, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { loadConfig } from '../../src/config.js';
import { openKeys, openLog } from '../../src/engines.js';
import type { Command } from '../../src/kernel/command.js';
import type { Keyring } from '../../src/keys/keyring.js';
import { EraseContact, RegisterContact } from '../../src/parties/contact.js';
import { openRuntime } from '../../src/runtime.js';
import { codeBlocks } from '../support/docs-page.js';
import { folderPerTest } from '../support/folder.js';

const LOG = '6f1c0f0e-1f5a-4a43-9a57-d0d5a2a3c001';
const folder = folderPerTest();
const opened: Keyring[] = [];
afterEach(async () => {
  for (const keyring of opened.splice(0)) await keyring.close();
});

async function keys(): Promise<Keyring> {
  const keyring = await openKeys({ dataDir: join(folder.path, 'data') }, { logId: LOG, create: true });
  opened.push(keyring);
  return keyring;
}

/** Where there is no sqlite3, Python has one. */
function programs(): string {
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  const program = (name: string, text: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  program('daybook', `exec ${process.execPath} ${resolve('dist/src/cli/main.js')} "$@"`);
  if (spawnSync('sh', ['-c', 'command -v sqlite3']).status !== 0) {
    program('sqlite3', `exec python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2])' "$@"`);
  }
  return bin;
}

test('the commands of the page show, back up, restore and rotate the keys', async () => {
  const blocks = codeBlocks('docs/personal-data.md').filter(({ language }) => language === 'sh');
  expect(blocks).toHaveLength(6);
  const [show, backUp, restore, , , rotate] = blocks.map(({ code }) => code) as [string, string, string, string, string, string];
  const PATH = `${programs()}${delimiter}${process.env['PATH']}`;
  const sh = (code: string): string =>
    execFileSync('sh', ['-e', '-c', code], { cwd: folder.path, encoding: 'utf8', env: { PATH, NODE_ENV: 'test' } });

  await (await openLog({ dataDir: join(folder.path, 'data') })).close();
  const first = await keys();
  const key = await first.take();
  expect(sh(show)).toMatch(
    new RegExp(`^place +${folder.path}/data-keys\nkeys +256\nmaster key +[0-9a-f]{16} .*\nlog +${LOG}\nerasures applied to +0\n$`),
  );
  sh(backUp);
  await first.drop([key.k]);
  await first.close();
  sh(restore);
  const restored = await keys();
  expect((await restored.load([key.k])).get(key.k)).toEqual(key.key);
  const before = readFileSync(join(folder.path, 'data-keys/master.key'), 'utf8');
  expect(sh(rotate)).toMatch(/257 keys were wrapped anew.*\nThe previous master key was destroyed/);
  expect(readFileSync(join(folder.path, 'data-keys/master.key'), 'utf8')).not.toBe(before);
  expect(existsSync(join(folder.path, 'data-keys/master.key.next'))).toBe(false);
  expect((await (await keys()).load([key.k])).get(key.k)).toEqual(key.key);
});

test('the commands of the page prove an erasure, and apply it after a restore', async () => {
  const [, , , prove, list] = codeBlocks('docs/personal-data.md')
    .filter(({ language }) => language === 'sh')
    .map(({ code }) => code) as [string, string, string, string, string];
  const PATH = `${programs()}${delimiter}${process.env['PATH']}`;
  const sh = (code: string): string =>
    execFileSync('sh', ['-e', '-c', code], { cwd: folder.path, encoding: 'utf8', env: { PATH, NODE_ENV: 'test' }, stdio: 'pipe' });
  const config = loadConfig({}, { dataDir: join(folder.path, 'data'), readerThreads: 0 });
  const inLog = async (...commands: readonly Command[]): Promise<void> => {
    const runtime = await openRuntime(config, { onRefusal: () => undefined, patienceMs: 0 });
    for (const command of commands) await runtime.commandHandler.execute(command, { actor: 'ana' });
    await runtime.close();
  };
  await inLog(RegisterContact({ id: 'c1', name: 'Zarathustra' }));
  const backup = join(folder.path, 'backup');
  for (const part of ['data', 'data-keys']) cpSync(join(folder.path, part), join(backup, part), { recursive: true });
  await inLog(EraseContact({ id: 'c1', ground: 'request' }));
  sh('daybook projections rebuild --all --data-dir data');
  const proof = sh(prove);
  expect(proof).toMatch(/ContactErased +contact-c1 +request +ana/);
  expect(proof).toContain('"withheld":"erased"');
  expect(proof).toContain('contacts@1#1: 1 document as of position 2, none differs');
  expect(proof).not.toContain('Zarathustra');

  const [write, apply] = list.trim().split('\n') as [string, string];
  sh(write);
  for (const part of ['data', 'data-keys']) {
    rmSync(join(folder.path, part), { recursive: true });
    cpSync(join(backup, part), join(folder.path, part), { recursive: true });
  }
  expect(sh('daybook events show contact-c1 --data-dir data --json --open')).toContain('Zarathustra');
  expect(sh(apply)).toContain('1 record was erased again');
  expect(sh('daybook events show contact-c1 --data-dir data --json --open')).not.toContain('Zarathustra');
});
